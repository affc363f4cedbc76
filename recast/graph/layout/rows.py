"""Items and wires become rows of cells: a long wire gets a cell in each row that it passes."""

from __future__ import annotations

from recast.graph.layout.level import Level, Link, Rows, Wire
from recast.graph.layout.ranks import ranks

__all__ = ["rows_of"]

BEND_WIDTH = 10.0
STRAIGHT = 8.0
"""How much a passing wire wants to be straight, against 1 for an arrow between neighbours."""
INTO_BOX = 0.3
"""The same of an arrow that leaves a trunk: boxes stand below boxes, trunks beside them."""
MOST_BENDS = 60_000
"""Wires that need more cells than this together are drawn straight across; nobody could follow them anyway."""


def rows_of(level: Level) -> Rows:
    """Return the rows of a level, in the order of its items; wires are cut into links."""
    rank = ranks(len(level.items), _arrows(level))
    deepest = max(rank, default=-1) + 2
    out = Rows([[] for _ in range(deepest + 1)], [], [], [], [], [])
    for number, item in enumerate(level.items):
        _add(out, rank[number] + 1, item.width, item=number)
    budget = MOST_BENDS
    for number, wire in enumerate(level.wires):
        top = 0 if wire.start is None else rank[wire.start] + 1
        bottom = deepest if wire.leaves else max((rank[end] + 1 for end in wire.ends), default=top)
        budget -= max(0, bottom - top)
        _add_wire(out, level, number, wire, top, bottom if budget > 0 else top + 1)
    return out


def _arrows(level: Level) -> list[tuple[int, int]]:
    return [(wire.start, end) for wire in level.wires if wire.start is not None for end in wire.ends]


def _add(out: Rows, row: int, width: float, *, item: int | None = None, wire: int | None = None) -> int:
    cell = len(out.row_of)
    out.rows[row].append(cell)
    out.row_of.append(row)
    out.item_of.append(item)
    out.wire_of.append(wire)
    out.width_of.append(width)
    return cell


def _add_wire(out: Rows, level: Level, number: int, wire: Wire, top: int, bottom: int) -> None:
    """Add the trunk of a wire from row `top` to above row `bottom`, and a link to each of its ends."""
    if wire.start is None:
        trunk, port = _add(out, 0, BEND_WIDTH, wire=number), 0.0
    else:
        trunk, port = wire.start, level.items[wire.start].out_ports.get(number, 0.0)
    ends: dict[int, list[int]] = {}
    for end in wire.ends:
        ends.setdefault(min(out.row_of[end], bottom), []).append(end)
    for row in range(top + 1, bottom + 1):
        weight = 1.0 if trunk == wire.start else INTO_BOX
        for end in ends.get(row, ()):
            out.links.append(Link(number, trunk, end, port, level.items[end].in_ports.get(number, 0.0), weight))
        if row < bottom:
            trunk, port = _go_on(out, number, row, trunk, port, wire), 0.0
    if wire.leaves:
        _go_on(out, number, len(out.rows) - 1, trunk, port, wire)


def _go_on(out: Rows, number: int, row: int, trunk: int, port: float, wire: Wire) -> int:
    """Add a cell in which the wire passes a row; return it."""
    bend = _add(out, row, BEND_WIDTH, wire=number)
    weight = INTO_BOX if trunk == wire.start else STRAIGHT
    out.links.append(Link(number, trunk, bend, port, 0.0, weight))
    return bend
