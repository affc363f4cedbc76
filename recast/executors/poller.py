"""The poller for executors that do not report changes by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from recast.errors import ExecutorError
from recast.executors.protocol import Executor, JobStatus
from recast.jobs import JobState

__all__ = ["changes"]

_MAX_SILENCE_S = 300.0
_GROWTH = 2.0

Sleep = Callable[[float], Awaitable[object]]


async def changes(
    executor: Executor, open_jobs: Callable[[], Collection[str]], sleep: Sleep = asyncio.sleep
) -> AsyncIterator[list[JobStatus]]:
    """Yield batches of changed statuses of the jobs that `open_jobs()` names at the time.

    Changes of an executor that pushes are passed on. Others are asked for all open jobs at once, every
    `poll_interval_s`. If an executor cannot be reached, the interval grows up to five minutes; this says nothing about
    its jobs.
    """
    if executor.capabilities.pushes:
        async for batch in executor.changes():
            yield batch
        return
    known: dict[str, JobStatus] = {}
    interval_s = executor.capabilities.poll_interval_s
    pause_s = interval_s
    while True:
        wanted = sorted(open_jobs())
        known = {job_id: known[job_id] for job_id in wanted if job_id in known}
        try:
            statuses = await executor.status(wanted) if wanted else []
            pause_s = interval_s
        except ExecutorError:
            statuses, pause_s = [], min(pause_s * _GROWTH, max(_MAX_SILENCE_S, interval_s))
        batch = [s for s in statuses if s.state is not JobState.UNKNOWN and known.get(s.job_id) != s]
        known.update((status.job_id, status) for status in batch)
        if batch:
            yield batch
        await sleep(pause_s)
