"""What a batch executor knows of its jobs, and what of it the driver has not heard yet."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from recast.executors.batch.folder import ArrayFolder
from recast.executors.batch.system import Watched
from recast.executors.protocol import JobStatus
from recast.jobs import JobState

__all__ = ["Ledger", "Submitted", "queued"]


@dataclass(slots=True)
class Submitted:
    """An array that the engine has, and which of its jobs are over."""

    folder: ArrayFolder
    native_id: str
    over: set[int] = field(default_factory=set)

    @property
    def watched(self) -> Watched:
        """What an engine is asked about."""
        return Watched(self.folder.name, self.folder.path, self.native_id, len(self.folder.job_ids), self.over)


class Ledger:
    """Statuses by job id, arrays by name. Every change is told once, to whoever awaits `news`."""

    def __init__(self) -> None:
        self.known: dict[str, JobStatus] = {}
        self.arrays: dict[str, Submitted] = {}
        self.told = 0
        """How many changes there were so far."""
        self.place: dict[str, tuple[Submitted, int]] = {}
        self._batch: list[JobStatus] = []
        self._news = asyncio.Event()

    def report(self, status: JobStatus) -> None:
        """Take in a status and tell it; one that changes nothing, or comes after the end, is not told."""
        before = self.known.get(status.job_id)
        if before == status or (before is not None and before.state.final):
            return
        self.known[status.job_id] = status
        self._batch.append(status)
        self.told += 1
        self._news.set()
        if status.state.final:
            self._close(status.job_id)

    def adopt(self, folder: ArrayFolder, native_id: str) -> Submitted:
        """Take in an array that the engine has."""
        array = self.arrays[folder.name] = Submitted(folder, native_id)
        for index, job_id in enumerate(folder.job_ids):
            self.place[job_id] = (array, index)
            if job_id in self.known and self.known[job_id].state.final:
                self._close(job_id)
        return array

    def open(self, job_ids: Iterable[str]) -> list[str]:
        """Return those of the jobs that are known and not over, each once, sorted."""
        return sorted({j for j in job_ids if j in self.known and not self.known[j].state.final})

    def watched(self) -> list[Watched]:
        """Return the arrays that still have open jobs."""
        return [array.watched for array in self.arrays.values()]

    async def news(self) -> list[JobStatus]:
        """Return what changed since it was told last; wait until something does."""
        while not self._batch:
            await self._news.wait()
            self._news.clear()
        batch, self._batch = self._batch, []
        return batch

    def _close(self, job_id: str) -> None:
        if job_id not in self.place:
            return
        array, index = self.place[job_id]
        array.over.add(index)
        if len(array.over) == len(array.folder.job_ids):
            self.arrays.pop(array.folder.name, None)


def queued(job_id: str, native_id: str | None = None) -> JobStatus:
    """Return the status of a job that waits."""
    return JobStatus(job_id, JobState.QUEUED, native_id)
