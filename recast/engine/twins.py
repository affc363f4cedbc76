"""Equal steps that are under way at once: one of them runs, the others take what it left. Pure.

A scan runs one workflow for many points, and whatever does not depend on the point is the same step again and again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recast.engine.commands import Take
from recast.engine.steprun import StepRun
from recast.jobs import Artifact

__all__ = ["Twins"]


class Twins:
    """By cache key, the first step that runs and those that wait for it."""

    def __init__(self) -> None:
        self._first: dict[str, StepRun] = {}
        self._others: dict[str, list[StepRun]] = {}
        self._to_take: list[Take] = []

    def waits(self, run: StepRun) -> bool:
        """Say whether an equal step is under way, which this one then waits for; else it is the first of its kind."""
        if run.key is None:
            return False
        first = self._first.setdefault(run.key, run)
        if first is run:
            return False
        run.reason = f"step {first.step.id} is the same and runs already"
        self._others.setdefault(run.key, []).append(run)
        return True

    def succeeded(self, run: StepRun, outputs: Iterable[Artifact], document: Any) -> None:
        """Hand on what a step left to those that waited for it."""
        others = self.over(run)
        if others:
            kept, source = tuple(outputs), run.step.id
            self._to_take += [Take(other.step.id, run.key or "", kept, document, source) for other in others]

    def over(self, run: StepRun) -> list[StepRun]:
        """Forget a step that has ended; return those that waited for it."""
        if run.key is None or self._first.get(run.key) is not run:
            return []
        del self._first[run.key]
        return self._others.pop(run.key, [])

    def commands(self) -> list[Take]:
        """Return what is to be taken, each once."""
        found, self._to_take = self._to_take, []
        return found

    def clear(self) -> None:
        """Forget everything: the run is over."""
        self._first.clear()
        self._others.clear()
        self._to_take.clear()
