"""What Ctrl-C means: jobs that outlive us go on without us, or are cancelled if the user insists."""

from __future__ import annotations

from recast.counted import counted
from recast.engine import Engine
from recast.errors import Interrupted
from recast.executors.protocol import Executor
from recast.rundir import now

__all__ = ["SECOND_THOUGHTS_S", "Leaving"]

SECOND_THOUGHTS_S = 3.0
"""How long after the first Ctrl-C a second one cancels the run."""


class Leaving:
    """Counts the wishes to leave. `at` is when the driver does, in seconds since the epoch; None if nobody wants it."""

    def __init__(self, engine: Engine, executor: Executor) -> None:
        self._engine = engine
        self._executor = executor
        self._asked = 0
        self.at: float | None = None

    def ctrl_c(self) -> str:
        """Take in a Ctrl-C and return what to say; empty if the driver is to leave at once.

        Where jobs outlive us the first leaves in a moment, the second cancels the run, the third leaves that to others.
        """
        self._asked += 1
        if self._asked > 2 or not self._executor.capabilities.outlives_driver:
            return ""
        if self._asked == 2:
            self.at = None
            return "cancelling the run; Ctrl-C once more leaves without waiting for that"
        self.at = now() + SECOND_THOUGHTS_S
        seconds = f"{SECOND_THOUGHTS_S:g} s"
        return f"leaving in {seconds}: {self._jobs()} go on; Ctrl-C again within {seconds} cancels the run"

    @property
    def cancels(self) -> bool:
        """Whether the user wants the run to be cancelled."""
        return self._asked == 2

    def goodbye(self) -> Interrupted:
        """Return the error that says how to come back."""
        run = self._engine.plan.run
        if not self._executor.capabilities.outlives_driver:
            return Interrupted(
                "Interrupted; the run can go on later",
                where=f"run {run}",
                why="Running jobs were stopped; finished steps are kept.",
                next_step=f"recast resume {run}",
            )
        return Interrupted(
            f"Detached; {self._jobs()} go on",
            code="interrupted.detached",
            where=f"run {run}",
            why="Nothing more is submitted, and nothing that ends is fetched, until somebody drives the run again.",
            next_step=f"recast resume {run}   (recast status {run} looks at it, recast cancel {run} stops its jobs)",
        )

    def _jobs(self) -> str:
        count = len(self._engine.in_flight)
        return f"{counted(count, 'job')} on {self._executor.name}"
