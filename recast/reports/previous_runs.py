"""Earlier runs of the same workflow, and the step in them that is most similar to a current one.

Nothing is stored for this: journals are replayed on demand, the newest first.
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
from recast.reports.differences.key_changes import Change, changes_between
from recast.rundir import RunDirectory, RunOrder, list_runs
from recast.runs.open_run import OpenRun, open_run
from recast.workflow import Step

__all__ = ["Nearest", "PreviousRuns"]

MOST_RUNS = 3
"""The most runs that are opened."""
MOST_LOOKED_AT = 200
"""The most requests that are read to find them."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """A step of an earlier run, and how its key differs; empty if that step failed, or is no longer in the cache."""

    run: str
    step: StepRun
    changes: list[Change]

    @property
    def name(self) -> str:
        """The step as `run X step Y`."""
        return f"run {self.run} step {self.step.step.id}"


class PreviousRuns:
    """The newest runs of what `request` asks for that are older than it; opened on demand."""

    def __init__(self, runs: Path, request: RunOrder, stages: set[str]) -> None:
        self._runs = runs
        self._request = request
        self._stages = stages

    def nearest(self, step: Step, engine: Engine) -> Nearest | None:
        """Return the step with the same id that differs least, else one of the same stage; None if there is neither.

        Among equals, successful steps come before failed ones, and newer ones before older ones.
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
                continue  # a damaged run cannot be compared

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
    """Return whether a step ran, or was cached from one that did, so that its key can be recomputed."""
    began = bool(run.attempts or run.cached_from)
    return began and run.state in (StepState.SUCCEEDED, StepState.FAILED, StepState.LOST)
