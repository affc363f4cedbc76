"""What an executor is to us: a few functions over lists, and a record of capabilities."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from recast.jobs import ContainerJob, FailureClass, JobState, Outcome

__all__ = ["Capabilities", "Executor", "JobStatus", "Receipt"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an executor can do.

    `pushes`: it reports changes by itself (`changes`), so nobody polls it.
    `outlives_driver`: its jobs go on when the driver ends.
    `arrays`: many jobs in one submission. `shared_files`: sees the driver's folders.
    """

    pushes: bool = False
    outlives_driver: bool = True
    arrays: bool = False
    shared_files: bool = True
    poll_interval_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to one submission: accepted, or a failure with its message.

    An executor that packs jobs accepts them without a native id; the id comes with the job's first QUEUED status.
    """

    job_id: str
    native_id: str | None = None
    failure: FailureClass | None = None
    message: str = ""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """What is known of one job; `outcome` is there when the state is `DONE`.

    `host` is the node that it is or was on, as the engine names it, if that is known. `counted` is False for a LOST
    job that was certainly never submitted, or that ended because its driver did: it uses up no try.
    """

    job_id: str
    state: JobState
    native_id: str | None = None
    outcome: Outcome | None = None
    reason: str = ""
    host: str = ""
    counted: bool = True


class Executor(Protocol):
    """Where jobs run. A job is found again by its `job_id`, which is the token of the intent in the journal."""

    @property
    def name(self) -> str:
        """Return the executor's name as on the command line."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what this executor can do."""

    async def start(self) -> None:
        """Get ready; raise ExecutorError if the engine cannot be reached."""

    async def submit(self, jobs: Sequence[ContainerJob]) -> list[Receipt]:
        """Submit jobs; one receipt each, in order. Never raises for a single job."""

    async def status(self, job_ids: Sequence[str]) -> list[JobStatus]:
        """Return the status of jobs by token, also of ones submitted by an earlier driver."""

    def changes(self) -> AsyncIterator[list[JobStatus]]:
        """Yield batches of changed statuses; only for executors with `pushes`."""

    async def obstacle(self) -> str:
        """Return why nothing can be submitted now (credentials that expired), in words; empty if it can.

        Asked every so often while a run is paused; never raises.
        """

    async def peek(self, job_id: str, offset: int) -> bytes | None:
        """Return what a running job has written to its log from byte `offset` on; None if that cannot be told."""

    @property
    def next_look(self) -> float | None:
        """Return when the engine will be asked again, in seconds since the epoch; None if it tells by itself."""

    @property
    def trouble(self) -> str:
        """Return why the engine could not be asked last time, empty if it could."""

    async def cancel(self, job_ids: Sequence[str]) -> None:
        """Stop jobs; when it returns no process of theirs is left (or the engine was told)."""

    async def close(self) -> None:
        """Let go of everything; jobs of an executor that does not outlive us are ended."""
