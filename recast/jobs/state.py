"""States of a job and of a step, and which may follow which."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["JobState", "StepState"]


class JobState(StrEnum):
    """What an executor says of one attempt. `UNKNOWN` means: could not ask; it is never final."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    """The engine will not run it until somebody does something; the reason says what."""
    DONE = "done"
    """There is an outcome; only the outcome says whether it succeeded."""
    LOST = "lost"
    """No outcome and no job: not the same as failed."""
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether nothing can follow."""
        return self in (JobState.DONE, JobState.LOST, JobState.CANCELLED)


class StepState(StrEnum):
    """What the engine says of one step."""

    WAITING = "waiting"
    READY = "ready"
    SUBMITTED = "submitted"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOST = "lost"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"

    @property
    def final(self) -> bool:
        """Whether the step will not change any more without a `retry`."""
        return self in _FINAL


_FINAL = frozenset({StepState.SUCCEEDED, StepState.FAILED, StepState.LOST, StepState.CANCELLED, StepState.SKIPPED})
