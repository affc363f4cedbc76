"""The intended side of steps: states, tries, jobs, and counts by state."""

from __future__ import annotations

from dataclasses import dataclass, field

from recast.engine.overrides import stage_path
from recast.jobs import FailureClass, Outcome, Resources, StepState
from recast.workflow import Step

__all__ = ["StageTally", "StepRun", "Tally"]


@dataclass(eq=False, slots=True)
class StepRun:
    """One step of a run.

    `waits_for` counts upstream steps that have not finished. `tries` counts, by failure class, the attempts that used
    up one of the policy's tries since the last reset, `attempts` all there ever were. `queued` says that it is in the
    engine's queue of ready steps, which must contain it only once. Times are seconds since the epoch: `since` when it
    is in its state, and `not_before` when it may be submitted. `host` is the node of the newest attempt, `failed_on`
    are the nodes where it failed, `avoided` those that the newest attempt had to avoid. `held` says why the batch
    system holds its job, and is empty if it does not. `lost` are digests of output files that it has to produce again.
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


@dataclass(eq=False, slots=True)
class StageTally:
    """The steps of a stage in all its scopes: how many in which state, how many cached and held.

    `in_flight` are those that an executor has, by job id, the oldest first; `why_held` is the reason of the newest that
    is held.
    """

    path: str
    counts: dict[StepState, int] = field(default_factory=lambda: dict.fromkeys(StepState, 0))
    cached: int = 0
    held: int = 0
    why_held: str = ""
    in_flight: dict[str, StepRun] = field(default_factory=dict)

    @property
    def oldest(self) -> StepRun | None:
        """The step in flight that was submitted first, None if there is none."""
        return next(iter(self.in_flight.values()), None)


class Tally:
    """All steps by state, those in flight by job id, and the same for each stage.

    `stages` has the steps that run something, by path of stages (`map/fit`).
    """

    def __init__(self) -> None:
        self.counts: dict[StepState, int] = dict.fromkeys(StepState, 0)
        self.in_flight: dict[str, StepRun] = {}
        self.stages: dict[str, StageTally] = {}
        self._others = StageTally("")

    def enter(self, step: Step, waits_for: int, time: float) -> StepRun:
        """Add a new step, in the waiting state."""
        run = StepRun(step, waits_for, self._stage(step), since=time)
        self.counts[StepState.WAITING] += 1
        run.tally.counts[StepState.WAITING] += 1
        return run

    def _stage(self, step: Step) -> StageTally:
        if step.packtivity is None:
            return self._others
        path = stage_path(step)
        found = self.stages.get(path)
        if found is None:
            found = self.stages[path] = StageTally(path)
        return found

    def move(self, run: StepRun, state: StepState, time: float) -> None:
        """Move a step to another state."""
        for counts in (self.counts, run.tally.counts):
            counts[run.state] -= 1
            counts[state] += 1
        run.state, run.since = state, time

    def fly(self, job_id: str, run: StepRun) -> None:
        """Record that an executor has, or will have, a job of a step."""
        self.in_flight[job_id] = run.tally.in_flight[job_id] = run

    def land(self, job_id: str) -> StepRun | None:
        """Record that it no longer has the job; return the step, None if the job was not in flight."""
        run = self.in_flight.pop(job_id, None)
        if run is not None:
            del run.tally.in_flight[job_id]
            self.let_go(run)
        return run

    def hold(self, run: StepRun, why: str) -> None:
        """Record that the job of a step is held."""
        run.tally.held += not run.held
        run.held = run.tally.why_held = why

    def let_go(self, run: StepRun) -> None:
        """Record that the job is no longer held."""
        run.tally.held -= bool(run.held)
        run.held = ""
