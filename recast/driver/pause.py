"""A paused run asks every so often whether it can go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from recast.engine import Engine
from recast.executors.protocol import Executor
from recast.rundir import now

__all__ = ["ASK_EVERY_S", "Obstacle", "PauseWatch"]

ASK_EVERY_S = 30.0


class Obstacle(str):
    """What the executor says stands in the way of submissions; empty if nothing does."""

    __slots__ = ()


class PauseWatch:
    """Asks the executor, beside everything else, as long as the run is paused; `hear` gets its answers."""

    def __init__(self, engine: Engine, executor: Executor, hear: Callable[[Obstacle], None]) -> None:
        self._engine = engine
        self._executor = executor
        self._hear = hear
        self._asking: asyncio.Task[None] | None = None
        self._ask_at = 0.0

    @property
    def wake_at(self) -> float | None:
        """When to ask again, in seconds since the epoch; None if the run is not paused or the answer is awaited."""
        return self._ask_at if self._engine.paused and self._asking is None else None

    def look(self) -> None:
        """Ask, if it is time to."""
        at = self.wake_at
        if at is not None and now() >= at:
            self._ask_at = now() + ASK_EVERY_S
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            obstacle = Obstacle(await self._executor.obstacle())
        except Exception as problem:  # whatever it is, the run must not stay paused without anybody asking
            obstacle = Obstacle(f"{self._executor.name} cannot be asked: {problem}")
        self._asking = None
        self._hear(obstacle)

    def close(self) -> None:
        """Ask no more."""
        if self._asking is not None:
            self._asking.cancel()
