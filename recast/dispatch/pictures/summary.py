"""The summary of a run: its stages with counts, what it waits for, what it uses. It is small, however many steps."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from itertools import islice

from recast.dispatch.pictures.steps import COUNTED
from recast.dispatch.pictures.structure import structure_of
from recast.engine import Engine
from recast.engine.steps import StageTally
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.masked import masked_json
from recast.moments import moment
from recast.prepare.passwords import without_passwords
from recast.reports.status import standing
from recast.reports.usage import usage_of
from recast.runs import OpenRun

__all__ = ["MOST_STAGES", "Summaries"]

MOST_STAGES = 300
_MOST_AWAITED, _MOST_DELAYS, _LONGEST = 5, 20, 500


class Summaries:
    """Makes summaries of one run; its structure is found anew only when it may have changed."""

    def __init__(self, live: OpenRun) -> None:
        self._live, self._started = live, time.time()
        self._known: tuple[int, int] = (-1, -1)
        self._structure: list[JsonDict] = []
        self._used: tuple[int, list[JsonDict]] = (-1, [])

    def take(self) -> JsonDict:
        """Return the summary as of now; times are UTC, by the clock of this machine."""
        live, engine = self._live, self._live.engine
        request = live.request
        stages = self._stages(engine)
        document = {
            "run": request.run,
            "state": live.state,
            "since": moment(self._since(engine)),
            "reason": engine.reason,
            "analysis": request.analysis,
            "version": request.version,
            "digest": request.digest,
            "workflow": request.workflow,
            "created": request.created,
            "executor": request.executor,
            "driven_since": moment(self._started),
            "wrote": moment(time.time()),
            "steps_in_all": len(engine.runs),
            "counts": {name: count for name in COUNTED if (count := sum(it.get(name, 0) for it in stages))},
            "stages": stages[:MOST_STAGES],
            "stages_in_all": len(stages),
            "structure": _digest(stages),
            "awaited": list(_awaited(engine)),
            "paused": None if engine.paused is None else moment(engine.paused.time),
            "delays": [f"{line:.{_LONGEST}}" for line in islice(standing(engine, engine.time), _MOST_DELAYS)],
            "usage": self._usage(engine)[:MOST_STAGES],
        }
        return masked_json(without_passwords(document, request.inputs))  # type: ignore[no-any-return]

    def _since(self, engine: Engine) -> float:
        """Return when the state began that the run is in."""
        if engine.paused is not None:
            return engine.paused.time
        if engine.state != "running":
            return engine.time
        return self._started

    def _stages(self, engine: Engine) -> list[JsonDict]:
        """Return the stages in the order of the workflow; those that have no step yet say what they wait for."""
        known = (len(engine.stages), len(engine.expansion.rules))
        if known != self._known:
            self._known, self._structure = known, structure_of(engine)
        rows = [{**it, **_counts(engine.stages.get(it["stage"]))} for it in self._structure]
        drawn = {it["stage"] for it in rows}
        others = ((path, tally) for path, tally in engine.stages.items() if path not in drawn)
        empty = {"after": [], "open": 0, "waits_for": []}
        return [*rows, *({"stage": path, **empty, **_counts(tally)} for path, tally in others)]

    def _usage(self, engine: Engine) -> list[JsonDict]:
        """Return what the stages asked for and used; it changes when a step ends."""
        ended = engine.counts[StepState.SUCCEEDED] + engine.counts[StepState.FAILED] + engine.counts[StepState.LOST]
        if ended != self._used[0]:
            self._used = (ended, [usage.as_json() for usage in usage_of(engine)])
        return self._used[1]


def _digest(stages: list[JsonDict]) -> str:
    """Return what is another as soon as a run has other stages, or other arrows between them."""
    about = json.dumps([(it["stage"], it["after"]) for it in stages[:MOST_STAGES]])
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def _counts(tally: StageTally | None) -> JsonDict:
    if tally is None:
        return {"steps": 0}
    counts, oldest = tally.counts, tally.oldest
    numbers = {
        "waiting": counts[StepState.WAITING] + counts[StepState.READY],
        "idle": counts[StepState.SUBMITTED] - tally.held,
        "running": counts[StepState.RUNNING],
        "done": counts[StepState.SUCCEEDED] - tally.cached,
        "cached": tally.cached,
        "failed": counts[StepState.FAILED],
        "held": tally.held,
        "lost": counts[StepState.LOST],
        "cancelled": counts[StepState.CANCELLED],
        "skipped": counts[StepState.SKIPPED],
    }
    return {
        "steps": sum(numbers.values()),
        **{name: number for name, number in numbers.items() if number},
        "awaited": oldest.step.id if oldest else None,
        "since": moment(oldest.since) if oldest else None,
        "why_held": f"{tally.why_held:.{_LONGEST}}" if tally.held else None,
    }


def _awaited(engine: Engine) -> Iterator[JsonDict]:
    """Yield the steps that were submitted first, one of each stage, those in their state for longest first."""
    oldest = [tally.oldest for tally in engine.stages.values() if tally.oldest is not None]
    for run in sorted(oldest, key=lambda run: run.since)[:_MOST_AWAITED]:
        yield {"step": run.step.id, "stage": run.tally.path, "state": str(run.state), "since": moment(run.since)}
