"""Weighted counts: sum of weights, sum of their squares, and how many events, which add up over batches."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

__all__ = ["Count", "added"]


class Count(NamedTuple):
    """A sum of weights, the sum of their squares, and the number of events."""

    weights: float = 0.0
    squares: float = 0.0
    raw: int = 0

    def with_event(self, weight: float) -> Count:
        """Return the count with one event more."""
        return Count(self.weights + weight, self.squares + weight * weight, self.raw + 1)

    @property
    def effective(self) -> float:
        """The number of unweighted events with the same relative error."""
        return self.weights**2 / self.squares if self.squares else 0.0

    def fraction_of(self, total: Count) -> tuple[float, float]:
        """Return the efficiency and its error: binomial in the effective number of events of `total`."""
        part = self.weights / total.weights
        # Squares of what passes and of what fails, weighted as the ratio asks; binomial if all weights are one.
        passed, failed = self.squares, max(total.squares - self.squares, 0.0)
        return part, math.sqrt((1.0 - part) ** 2 * passed + part**2 * failed) / abs(total.weights)


def added(tables: Iterable[Mapping[str, list[float]]]) -> dict[str, Count]:
    """Return the sum of tables of counts (as lists, by name), whatever their order.

    Sums are exact (math.fsum), so that the order of the batches leaves no trace in the last digit.
    """
    rows: dict[str, list[list[float]]] = {}
    for table in tables:
        for name, row in table.items():
            rows.setdefault(name, []).append(row)
    return {
        name: Count(math.fsum(r[0] for r in found), math.fsum(r[1] for r in found), sum(int(r[2]) for r in found))
        for name, found in sorted(rows.items())
    }
