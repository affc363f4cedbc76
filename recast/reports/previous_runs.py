"""Earlier runs of the same workflow, and the step in them that is nearest to one of now.

Nothing is stored for this: the journals are folded again, the newest first, and only when somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

from recast.engine import Engine, StepRun
from recast.engine.make_job import key_parts
from recast.engine.overrides import stage_path
from recast.errors import RecastError
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.reports.key_changes import Change, changes_between
from recast.rundir import RunDirectory, RunOrder, list_runs
from recast.runs.open_run import OpenRun, open_run
from recast.workflow import Step

__all__ = ["Nearest", "PreviousRuns"]

MOST_RUNS = 3
"""So many runs are opened at most."""
MOST_LOOKED_AT = 200
"""So many requests are read at most to find them."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """A step of an earlier run, and how its key differs from ours; nothing differs if it failed, or left the cache."""

    run: str
    step: StepRun
    changes: list[Change]

    @property
    def name(self) -> str:
        """Return `run X step Y`."""
        return f"run {self.run} step {self.step.step.id}"


class PreviousRuns:
    """The newest runs of what `request` asks for, older than it; opened when they are needed."""

    def __init__(self, runs: Path, request: RunOrder, stages: set[str]) -> None:
        self._runs = runs
        self._request = request
        self._stages = stages

    def nearest(self, step: Step, engine: Engine) -> Nearest | None:
        """Return the step of the same id that differs least, else one of the same stage; None if there is neither.

        Of equals the newest counts, and one that succeeded before one that failed.
        """
        found = [(live, live.engine.runs.get(step.id)) for live, _ in self._opened]
        if not any(run is not None and _has_run(run) for _, run in found):
            found = [(live, by_stage.get(stage_path(step))) for live, by_stage in self._opened]
        near = [
            Nearest(live.request.run, run, self._changes(live, run, step, engine))
            for live, run in found
            if run is not None and _has_run(run)
        ]
        return min(near, key=lambda item: (len(item.changes), item.step.state is not StepState.SUCCEEDED), default=None)

    @cached_property
    def _opened(self) -> list[tuple[OpenRun, dict[str, StepRun]]]:
        """Return the runs, each with one step of every stage."""
        runs = islice(self._all(), MOST_RUNS)
        return [
            (live, {stage_path(run.step): run for run in reversed(live.engine.runs.values()) if _has_run(run)})
            for live in runs
        ]

    def _all(self) -> Iterator[OpenRun]:
        for directory in list_runs(self._runs)[::-1][:MOST_LOOKED_AT]:
            try:
                if self._fits(directory):
                    live = open_run(directory)
                    if self._stages & {stage.name for stage in live.engine.plan.workflow.stages}:
                        yield live
            except RecastError:
                continue  # a damaged run explains nothing

    def _fits(self, directory: RunDirectory) -> bool:
        other, ours = directory.request(), self._request
        same = other.analysis == ours.analysis and (ours.analysis is not None or other.workflow == ours.workflow)
        return same and other.run != ours.run and other.created <= ours.created

    def _changes(self, live: OpenRun, found: StepRun, step: Step, engine: Engine) -> list[Change]:
        before = _parts(found.step, live.engine)
        return changes_between(before, _parts(step, engine))


def _parts(step: Step, engine: Engine) -> JsonDict:
    return key_parts(step, engine.plan.pins, engine.expansion.directories, engine.plan.overrides)


def _has_run(run: StepRun) -> bool:
    """Return whether a step really ran, here or where the cache had it from, so that its key can be made again."""
    began = bool(run.attempts or run.cached_from)
    return began and run.state in (StepState.SUCCEEDED, StepState.FAILED, StepState.LOST)
