"""The executor protocol: a few functions over lists, and a record of capabilities."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from recast.jobs import ContainerJob, FailureClass, JobState, Outcome

__all__ = ["Capabilities", "Executor", "JobStatus", "Receipt"]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an executor can do.

    `pushes`: it reports changes by itself (`changes`), and is not polled. `outlives_driver`: its jobs continue when the
    driver ends. `arrays`: it submits many jobs at once. `shared_files`: its nodes share the driver's folders.
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
    """The status of one job; `outcome` is set when the state is `DONE`.

    `host` is the node that it is or was on, by the executor's name for it, if known. `counted` is False for a LOST job
    that was certainly never submitted, or that ended because its driver did: it does not use up a try.
    """

    job_id: str
    state: JobState
    native_id: str | None = None
    outcome: Outcome | None = None
    reason: str = ""
    host: str = ""
    counted: bool = True


class Executor(Protocol):
    """Runs jobs. A job is found again by its `job_id`, the token that the journal records before submission."""

    @property
    def name(self) -> str:
        """The executor's name on the command line."""

    @property
    def capabilities(self) -> Capabilities:
        """What this executor can do."""

    async def start(self) -> None:
        """Start; raise ExecutorError if the batch system cannot be reached."""

    async def submit(self, jobs: Sequence[ContainerJob]) -> list[Receipt]:
        """Submit jobs; one receipt each, in order. Never raises for a single job."""

    async def status(self, job_ids: Sequence[str]) -> list[JobStatus]:
        """Return the status of jobs by token, also of ones submitted by an earlier driver."""

    def changes(self) -> AsyncIterator[list[JobStatus]]:
        """Yield batches of changed statuses; only for executors with `pushes`."""

    async def obstacle(self) -> str:
        """Return why nothing can be submitted now (such as expired credentials); empty if it can.

        Called periodically while a run is paused; never raises.
        """

    async def peek(self, job_id: str, offset: int) -> bytes | None:
        """Return what a running job has written to its log from byte `offset` on; None if that is not known."""

    @property
    def next_look(self) -> float | None:
        """When the batch system is polled next, in seconds since the epoch; None for an executor that pushes."""

    @property
    def trouble(self) -> str:
        """Why the last poll of the batch system failed, empty if it succeeded."""

    async def cancel(self, job_ids: Sequence[str]) -> None:
        """Cancel jobs; when this returns, none of their processes is left (or the batch system has been told)."""

    async def close(self) -> None:
        """Release all resources; jobs of an executor that does not outlive the driver are ended."""
