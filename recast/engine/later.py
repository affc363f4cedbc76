"""Steps that are tried again later, in the order of their times. Pure."""

from __future__ import annotations

import heapq

from recast.engine.steprun import StepRun
from recast.jobs import StepState

__all__ = ["Later"]


class Later:
    """Steps by the time from which they may be tried again (`StepRun.not_before`), in seconds since the epoch."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, StepRun]] = []

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first_at(self) -> float | None:
        """When the first of them is due; None if there is none. It may be one that has gone on meanwhile."""
        return self._heap[0][0] if self._heap else None

    def add(self, run: StepRun) -> None:
        """Keep a step until its time."""
        heapq.heappush(self._heap, (run.not_before, run.step.number, run))

    def due(self, time: float) -> list[StepRun]:
        """Take out the steps whose time has come; those that went on, or were put off, are left out."""
        found = []
        while self._heap and self._heap[0][0] <= time:
            since, _, run = heapq.heappop(self._heap)
            if run.state is StepState.READY and run.not_before == since and not run.queued:
                found.append(run)
        return found

    def clear(self) -> None:
        """Forget them all."""
        self._heap.clear()
