"""The order of the cells in each row: sweeps by barycentre, and the order with the fewest crossings is kept."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence

from recast.graph.layout.level import Rows

__all__ = ["crossings", "order_rows"]

SWEEPS = 12
MOST_LINKS = 20_000
"""Larger levels are swept twice only."""


def order_rows(rows: Rows) -> None:
    """Put the cells of each row in an order with few crossings; equal cells keep the order they came in."""
    above: list[list[int]] = [[] for _ in rows.row_of]
    below: list[list[int]] = [[] for _ in rows.row_of]
    for link in rows.links:
        above[link.lower].append(link.upper)
        below[link.upper].append(link.lower)
    best, fewest = [list(row) for row in rows.rows], crossings(rows)
    for sweep in range(SWEEPS if len(rows.links) <= MOST_LINKS else 2):
        if not fewest:
            break
        _sweep(rows.rows, above if sweep % 2 == 0 else below, reverse=sweep % 2 == 1)
        count = crossings(rows)
        if count < fewest:
            best, fewest = [list(row) for row in rows.rows], count
    rows.rows[:] = best


def crossings(rows: Rows) -> int:
    """Return how many pairs of links between neighbouring rows cross."""
    at = _positions(rows.rows, len(rows.row_of))
    pairs: list[list[tuple[int, int]]] = [[] for _ in rows.rows]
    for link in rows.links:
        pairs[rows.row_of[link.upper]].append((at[link.upper], at[link.lower]))
    total = 0
    for row in pairs:
        seen: list[int] = []
        for _, lower in sorted(row):
            total += len(seen) - bisect_right(seen, lower)
            insort(seen, lower)
    return total


def _sweep(rows: list[list[int]], neighbours: Sequence[Sequence[int]], *, reverse: bool) -> None:
    at = _positions(rows, len(neighbours))
    for row in reversed(rows) if reverse else rows:
        wanted = {cell: _mean([at[other] for other in neighbours[cell]], at[cell]) for cell in row}
        row.sort(key=wanted.__getitem__)
        for position, cell in enumerate(row):
            at[cell] = position


def _mean(values: Sequence[int], default: int) -> float:
    return sum(values) / len(values) if values else float(default)


def _positions(rows: Sequence[Sequence[int]], count: int) -> list[int]:
    at = [0] * count
    for row in rows:
        for position, cell in enumerate(row):
            at[cell] = position
    return at
