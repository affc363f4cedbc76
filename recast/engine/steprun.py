"""What we intend with a step, apart from what it is: its state, its tries, its job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from recast.jobs import FailureClass, Outcome, Resources, StepState
from recast.workflow import Step

if TYPE_CHECKING:
    from recast.engine.tally import StageTally

__all__ = ["StepRun"]


@dataclass(eq=False, slots=True)
class StepRun:
    """One step of a run.

    `waits_for` counts upstream steps that have not finished. `tries` counts, by failure class, the attempts that used
    up one of the policy's tries since the last reset, `attempts` all there ever were. `queued` says that it stands in
    the engine's queue of ready steps, where it must not stand twice. Times are seconds since the epoch: `since` its
    state is what it is, and it is not submitted `not_before`. `host` is the node of the newest attempt, `failed_on`
    the nodes that failed it, `avoided` those that the newest attempt was to avoid. `held` says why the engine holds
    its job, and is empty if it does not. `lost` are digests of files that it has left and that it has to leave again.
    """

    step: Step
    waits_for: int
    tally: StageTally
    dependents: list[StepRun] = field(default_factory=list)
    state: StepState = StepState.WAITING
    since: float = 0.0
    queued: bool = False
    attempts: int = 0
    tries: dict[FailureClass, int] = field(default_factory=dict)
    not_before: float = 0.0
    job_id: str | None = None
    native_id: str | None = None
    host: str = ""
    held: str = ""
    failed_on: tuple[str, ...] = ()
    avoided: tuple[str, ...] = ()
    outcome: Outcome | None = None
    resources: Resources | None = None
    key: str | None = None
    cached_from: str | None = None
    reason: str = ""
    failure: FailureClass | None = None
    lost: frozenset[str] = frozenset()

    @property
    def in_flight(self) -> bool:
        """Whether an executor has, or may have, a job of this step."""
        return self.state in (StepState.SUBMITTED, StepState.RUNNING)
