"""Why a step is not in the cache: what changed since an earlier run of the same workflow."""

from __future__ import annotations

from dataclasses import dataclass

from recast.engine import Engine
from recast.engine.options import binds_of
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.reports.key_changes import in_words
from recast.reports.previous_runs import PreviousRuns
from recast.workflow import Step

__all__ = ["Why", "why_not_cached"]


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in words, the earlier step that ours was held against (`run X step Y`), and what differs."""

    reason: str
    against: str | None
    changes: list[JsonDict]


def why_not_cached(step: Step, engine: Engine, earlier: PreviousRuns) -> Why:
    """Compare a step whose upstream has finished with the nearest one of the earlier runs."""
    if binds_of(step, engine.plan.overrides):
        return Why("it sees files of its node by --bind, so the cache is not asked", None, [])
    nearest = earlier.nearest(step, engine)
    if nearest is None:
        return Why("not in the cache: no earlier run of this step is known here", None, [])
    changes = [change.as_json() for change in nearest.changes]
    if changes:
        return Why(f"not in the cache: {in_words(nearest.changes)} (since {nearest.name})", nearest.name, changes)
    if nearest.step.state is StepState.SUCCEEDED:
        gone = "its entry or files are not in the cache any more"
        return Why(f"not in the cache: nothing changed since {nearest.name}, but {gone}", nearest.name, [])
    return Why(f"not in the cache: {nearest.name} was the same, and {nearest.step.state}", nearest.name, [])
