"""What interrupts a run: Ctrl-C, and a pause that asks the executor periodically whether the run can continue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from recast.counted import counted
from recast.engine import Engine
from recast.errors import Interrupted
from recast.executors.protocol import Executor
from recast.rundir import now

__all__ = ["ASK_EVERY_S", "SECOND_THOUGHTS_S", "Interrupts", "Obstacle", "PauseWatch"]

ASK_EVERY_S = 30.0


class Obstacle(str):
    """What prevents submissions according to the executor; empty if nothing does."""

    __slots__ = ()


class PauseWatch:
    """Asks the executor in the background while the run is paused; `hear` is called with its answers."""

    def __init__(self, engine: Engine, executor: Executor, hear: Callable[[Obstacle], None]) -> None:
        self._engine = engine
        self._executor = executor
        self._hear = hear
        self._asking: asyncio.Task[None] | None = None
        self._ask_at = 0.0

    @property
    def wake_at(self) -> float | None:
        """When to ask again, in seconds since the epoch; None if the run is not paused or an answer is pending."""
        return self._ask_at if self._engine.paused and self._asking is None else None

    def look(self) -> None:
        """Ask, if it is time."""
        at = self.wake_at
        if at is not None and now() >= at:
            self._ask_at = now() + ASK_EVERY_S
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            obstacle = Obstacle(await self._executor.obstacle())
        except (
            Exception
        ) as problem:  # whatever the exception, the executor must be asked again, or the run would stay paused
            obstacle = Obstacle(f"{self._executor.name} cannot be asked: {problem}")
        self._asking = None
        self._hear(obstacle)

    def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()


SECOND_THOUGHTS_S = 3.0
"""How long after the first Ctrl-C a second one cancels the run."""


class Interrupts:
    """Counts Ctrl-C. `at` is when the driver leaves, in seconds since the epoch; None if it does not."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor
        self._asked = 0
        self.at: float | None = None

    def ctrl_c(self) -> str:
        """Handle a Ctrl-C and return the message to show; empty if the driver has to leave at once.

        If jobs outlive the driver, the first Ctrl-C leaves after a moment, the second cancels the run, and the third
        leaves without waiting for that.
        """
        self._asked += 1
        if self._asked > 2 or not self._executor.capabilities.outlives_driver:
            return ""
        if self._asked == 2:
            self.at = None
            return "cancelling the run; Ctrl-C once more leaves without waiting for that"
        self.at = now() + SECOND_THOUGHTS_S
        seconds = f"{SECOND_THOUGHTS_S:g} s"
        return f"leaving in {seconds}: {self._jobs()} continue; Ctrl-C again within {seconds} cancels the run"

    @property
    def cancels(self) -> bool:
        """Whether the user wants the run to be cancelled."""
        return self._asked == 2

    def goodbye(self) -> Interrupted:
        """Return the error that says how to continue."""
        run = self._engine.plan.run
        if not self._executor.capabilities.outlives_driver:
            return Interrupted(
                "Interrupted; the run can be resumed later",
                where=f"run {run}",
                why="Running jobs were stopped; finished steps are kept.",
                next_step=f"recast resume {run}",
            )
        return Interrupted(
            f"Detached; {self._jobs()} continue",
            code="interrupted.detached",
            where=f"run {run}",
            why="Nothing more is submitted, and no outputs are fetched, until the run is resumed.",
            next_step=f"recast resume {run}   (recast status {run} shows it, recast cancel {run} stops its jobs)",
        )

    def _jobs(self) -> str:
        count = len(self._engine.in_flight)
        return f"{counted(count, 'job')} on {self._executor.name}"
