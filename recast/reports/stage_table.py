"""The state of each stage of a run. The cost depends on the number of stages, not on the number of steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import islice

from recast.engine import Engine
from recast.engine.steps import StageTally
from recast.jobs import StepState
from recast.json_types import JsonDict

__all__ = ["COLUMNS", "StageRow", "open_rows", "stage_rows"]

COLUMNS = ("waiting", "idle", "running", "done", "cached", "failed", "held")


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage, in all its scopes. The numbers count steps: `waiting` for upstream, credentials or the next try;
    `idle` in the executor's queue; `held` by it; `failed` includes lost and cancelled ones.

    `awaited` is the step that was submitted first, `since` when its state began (seconds since the epoch, UTC). For a
    stage that has not expanded, `awaited` names another stage.
    """

    stage: str
    waiting: int = 0
    idle: int = 0
    running: int = 0
    done: int = 0
    cached: int = 0
    failed: int = 0
    held: int = 0
    skipped: int = 0
    awaited: str = ""
    since: float | None = None
    why_held: str = ""

    @property
    def active(self) -> bool:
        """Whether any of its steps has not ended."""
        return bool(self.waiting or self.idle or self.running or self.held)

    def as_json(self) -> JsonDict:
        """Return the row as a JSON object."""
        return asdict(self)


def stage_rows(engine: Engine) -> list[StageRow]:
    """Return the stages that have steps, in the order in which they first appeared."""
    return [_row(tally) for tally in engine.stages.values()]


def open_rows(engine: Engine, most: int) -> Iterator[StageRow]:
    """Yield at most `most` stages that have not expanded, with what they wait for."""
    for rule in islice(engine.expansion.rules, most):
        awaited = f"stage {rule.blocker.scope.pointer}/{rule.blocker.name}" if rule.blocker else ""
        yield StageRow(f"{rule.scope.pointer}/{rule.stage.name}".lstrip("/"), awaited=awaited)


def _row(tally: StageTally) -> StageRow:
    counts, oldest = tally.counts, tally.oldest
    return StageRow(
        stage=tally.path,
        waiting=counts[StepState.WAITING] + counts[StepState.READY],
        idle=counts[StepState.SUBMITTED] - tally.held,
        running=counts[StepState.RUNNING],
        done=counts[StepState.SUCCEEDED] - tally.cached,
        cached=tally.cached,
        failed=counts[StepState.FAILED] + counts[StepState.LOST] + counts[StepState.CANCELLED],
        held=tally.held,
        skipped=counts[StepState.SKIPPED],
        awaited=oldest.step.id if oldest else "",
        since=oldest.since if oldest else None,
        why_held=tally.why_held if tally.held else "",
    )
