"""Why a step is not in the cache: what changed since an earlier run of the same workflow."""

from __future__ import annotations

from dataclasses import dataclass

from recast.engine import Engine
from recast.engine.options import binds_of
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.reports.differences.key_changes import in_words
from recast.reports.previous_runs import PreviousRuns
from recast.workflow import Step

__all__ = ["Why", "why_not_cached"]


@dataclass(frozen=True, slots=True)
class Why:
    """A reason as text, the earlier step that was compared (`run X step Y`), and what differs."""

    reason: str
    against: str | None
    changes: list[JsonDict]


def why_not_cached(step: Step, engine: Engine, earlier: PreviousRuns) -> Why:
    """Compare a step whose upstream has finished with the nearest one of the earlier runs."""
    if binds_of(step, engine.plan.overrides):
        return Why("it sees files of its node through --bind, so the cache is not used", None, [])
    nearest = earlier.nearest(step, engine)
    if nearest is None:
        return Why("not in the cache: no earlier run of this step is known", None, [])
    changes = [change.as_json() for change in nearest.changes]
    if changes:
        return Why(f"not in the cache: {in_words(nearest.changes)} (since {nearest.name})", nearest.name, changes)
    if nearest.step.state is StepState.SUCCEEDED:
        gone = "its entry or files are no longer in the cache"
        return Why(f"not in the cache: nothing changed since {nearest.name}, but {gone}", nearest.name, [])
    return Why(f"not in the cache: {nearest.name} was identical, but {nearest.step.state}", nearest.name, [])
