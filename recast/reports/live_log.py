"""Read the log of a remote job from a process other than the driver."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from recast.engine import StepRun
from recast.errors import RecastError
from recast.runs.open_run import OpenRun

if TYPE_CHECKING:
    from recast.executors.batch.system import BatchSystem

__all__ = ["LiveLog"]


class LiveLog:
    """Asks the run's batch system for logs, over a separate connection that is opened on first use.

    It does not use an executor: only the driver watches jobs and fetches their outputs. `possible` is False if there is
    no batch system, or it cannot provide logs; `trouble` says why.
    """

    def __init__(self, live: OpenRun) -> None:
        self._live = live
        self._runner: asyncio.Runner | None = None
        self._engine: BatchSystem | None = None
        self.possible = live.request.executor != "local"
        self.trouble: RecastError | None = None

    def __enter__(self) -> LiveLog:
        return self

    def __exit__(self, *exc: object) -> None:
        if self._runner is not None:
            if self._engine is not None:
                self._runner.run(self._engine.close())
            self._runner.close()

    def read(self, run: StepRun, offset: int) -> bytes:
        """Return what the job of a step has written from `offset` on; nothing if that is not known."""
        if not self.possible or run.native_id is None:
            return b""
        if self._runner is None:
            self._runner = asyncio.Runner()
        try:
            return self._runner.run(self._ask(run.native_id, offset)) or b""
        except RecastError as problem:
            self.possible, self.trouble = False, problem
            return b""

    async def _ask(self, native_id: str, offset: int) -> bytes | None:
        if self._engine is None:
            from recast.executors.registry import executor_class
            from recast.runs.executor import engine_values

            self._engine = executor_class(self._live.request.executor)(engine_values(self._live))
            await self._engine.connect()
        return await self._engine.peek(native_id, offset)
