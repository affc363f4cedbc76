"""Where cells stand from left to right: links as straight as the order and the widths allow, by least squares."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf

from recast.graph.layout.level import Rows

__all__ = ["place_in_row", "places", "straighten"]

GAP = 24.0
NARROW_GAP = 8.0
PASSES = 200
"""Enough for stiff wires to settle."""
MOST_MOVES = 200_000
"""Passes times cells; larger levels settle less."""
STILL = 1e-6
"""Two passes, down and up, that move no cell by more (px) end it: what follows would not be seen."""
LIGHT = 1e-3
"""The weight of a cell without links: it goes wherever there is room."""


def places(rows: Rows, title_width: float = 0.0) -> list[float]:
    """Return the x of the middle of each cell; the left border of the level is 0.

    With a title, `title_width` px at the left of the first row stay free.
    """
    x = [0.0] * len(rows.row_of)
    for row in rows.rows:
        at = 0.0
        for before, cell in zip([None, *row], row, strict=False):
            at += _apart(rows, before, cell) if before is not None else rows.width_of[cell] / 2
            x[cell] = at
    pulls = _pulls(rows)
    _relax(rows, x, pulls)
    straighten(rows, x)
    left = min((x[cell] - rows.width_of[cell] / 2 for row in rows.rows[1:] for cell in row), default=0.0)
    first = min((x[cell] - rows.width_of[cell] / 2 for cell in rows.rows[0]), default=left + title_width)
    left = min(left, first - title_width)
    return [value - left for value in x]


def place_in_row(wanted: Sequence[float], weights: Sequence[float], apart: Sequence[float]) -> list[float]:
    """Return increasing places, at least `apart` from each other, with the least sum of weight * (place - wanted)^2.

    `apart[i]` lies between i and i+1. By pooling adjacent violators: exact, and linear.
    """
    shift = [0.0]
    for distance in apart:
        shift.append(shift[-1] + distance)
    blocks: list[tuple[float, float, int]] = []  # mean, weight, how many
    for value, weight, offset in zip(wanted, weights, shift, strict=False):
        mean, heavy, many = value - offset, weight, 1
        while blocks and blocks[-1][0] >= mean:
            other, more, others = blocks.pop()
            mean = (mean * heavy + other * more) / (heavy + more)
            heavy, many = heavy + more, many + others
        blocks.append((mean, heavy, many))
    flat = [mean for mean, _, many in blocks for _ in range(many)]
    return [mean + offset for mean, offset in zip(flat, shift, strict=False)]


def straighten(rows: Rows, x: list[float]) -> None:
    """Move the cells of each wire to one x, over as many rows as there is room in all of them."""
    beside = _neighbours(rows)
    for cells in _trunks(rows):
        run: list[int] = []
        low, high = -inf, inf
        for cell in [*cells, None]:
            least, most = _room(rows, x, cell, beside) if cell is not None else (inf, -inf)
            if run and max(low, least) > min(high, most):
                place = min(max(sum(x[other] for other in run) / len(run), low), high)
                for other in run:
                    x[other] = place
                run, low, high = [], -inf, inf
            if cell is not None:
                run.append(cell)
                low, high = max(low, least), min(high, most)


def _trunks(rows: Rows) -> list[list[int]]:
    """Return the cells of each wire that passes rows, from above."""
    trunks: dict[int, list[int]] = {}
    for cell, wire in enumerate(rows.wire_of):
        if wire is not None:
            trunks.setdefault(wire, []).append(cell)
    return list(trunks.values())


def _neighbours(rows: Rows) -> dict[int, tuple[int | None, int | None]]:
    return {
        cell: (row[at - 1] if at else None, row[at + 1] if at + 1 < len(row) else None)
        for row in rows.rows
        for at, cell in enumerate(row)
    }


def _room(
    rows: Rows, x: list[float], cell: int, beside: dict[int, tuple[int | None, int | None]]
) -> tuple[float, float]:
    left, right = beside[cell]
    least = -inf if left is None else x[left] + _apart(rows, left, cell)
    most = inf if right is None else x[right] - _apart(rows, cell, right)
    return min(least, x[cell]), max(most, x[cell])


def _pulls(rows: Rows) -> list[list[tuple[int, float, float]]]:
    """Return for each cell what pulls it: the other cell, by how much it wants to stand beside it, the weight."""
    pulls: list[list[tuple[int, float, float]]] = [[] for _ in rows.row_of]
    for link in rows.links:
        pulls[link.lower].append((link.upper, link.out_port - link.in_port, link.weight))
        pulls[link.upper].append((link.lower, link.in_port - link.out_port, link.weight))
    return pulls


def _relax(rows: Rows, x: list[float], pulls: list[list[tuple[int, float, float]]]) -> None:
    """Move the cells of one row after the other, down and up, until nothing moves any more."""
    still = 0
    for turn in range(min(PASSES, 4 + MOST_MOVES // (len(x) + 1))):
        moved = [_settle(rows, row, x, pulls) for row in (rows.rows if turn % 2 == 0 else reversed(rows.rows))]
        still = still + 1 if max(moved, default=0.0) <= STILL else 0
        if still == 2:
            return


def _settle(rows: Rows, row: list[int], x: list[float], pulls: list[list[tuple[int, float, float]]]) -> float:
    """Move the cells of a row to where they are pulled; return by how much (px) the furthest has moved."""
    wanted, weights = [], []
    for cell in row:
        weight = sum(pull[2] for pull in pulls[cell]) or LIGHT
        total = sum((x[other] + beside) * heavy for other, beside, heavy in pulls[cell])
        wanted.append(total / weight if pulls[cell] else x[cell])
        weights.append(weight)
    apart = [_apart(rows, a, b) for a, b in pairwise(row)]
    moved = 0.0
    for cell, place in zip(row, place_in_row(wanted, weights, apart), strict=True):
        moved = max(moved, abs(place - x[cell]))
        x[cell] = place
    return moved


def _apart(rows: Rows, left: int, right: int) -> float:
    both_bend = rows.item_of[left] is None and rows.item_of[right] is None
    return (rows.width_of[left] + rows.width_of[right]) / 2 + (NARROW_GAP if both_bend else GAP)
