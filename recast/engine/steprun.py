"""What we intend with a step, apart from what it is: its state, its tries, its job."""

from __future__ import annotations

from dataclasses import dataclass, field

from recast.jobs import FailureClass, Outcome, Resources, StepState
from recast.workflow import Step

__all__ = ["StepRun"]


@dataclass(eq=False, slots=True)
class StepRun:
    """One step of a run.

    `waits_for` counts upstream steps that have not finished. `tries` counts the attempts that used up one of the
    policy's tries since the last reset, `attempts` all there ever were. `queued` says that it stands in the engine's
    queue of ready steps, where it must not stand twice.
    """

    step: Step
    waits_for: int
    dependents: list[StepRun] = field(default_factory=list)
    state: StepState = StepState.WAITING
    queued: bool = False
    attempts: int = 0
    tries: int = 0
    job_id: str | None = None
    native_id: str | None = None
    outcome: Outcome | None = None
    resources: Resources | None = None
    key: str | None = None
    cached_from: str | None = None
    reason: str = ""
    failure: FailureClass | None = None

    @property
    def in_flight(self) -> bool:
        """Whether an executor has, or may have, a job of this step."""
        return self.state in (StepState.SUBMITTED, StepState.RUNNING)
