"""One level with places: rows from above, curves between them, straight lines where a wire passes a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from recast.graph.layout.level import Level, Link, Rows
from recast.graph.layout.order import order_rows
from recast.graph.layout.rows import rows_of
from recast.graph.layout.space import places
from recast.graph.model import Key

__all__ = ["Known", "Placed", "Stroke", "place_level"]

GAP_Y = 44.0
"""Between two rows, px; arrows need some room to be told apart."""
SIDE = 18.0
"""Between a group's border and what it holds, px."""
SPREAD = 16.0
"""Between two arrow heads at one box, px."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """A piece of a wire: from (x1, y1) straight down to y_bend, then in a curve to (x2, y2). px."""

    x1: float
    y1: float
    y_bend: float
    x2: float
    y2: float
    arrow: bool
    known: bool

    def moved(self, dx: float, dy: float) -> Stroke:
        """Return the piece at another place."""
        return Stroke(self.x1 + dx, self.y1 + dy, self.y_bend + dy, self.x2 + dx, self.y2 + dy, self.arrow, self.known)


@dataclass(frozen=True, slots=True)
class Known:
    """Which ends of a wire are known, and whether it is known to leave; the rest is only written."""

    ends: frozenset[int]
    leaves: bool

    def covers(self, rows: Rows, link: Link) -> bool:
        """Return whether a link leads to anything known."""
        end, row = rows.item_of[link.lower], rows.row_of[link.lower]
        if end is not None:
            return end in self.ends
        return self.leaves or any(rows.row_of[other] > row for other in self.ends)


@dataclass(frozen=True, slots=True)
class Placed:
    """A level with places: its size, its items' upper left corners, its wires' strokes, and where wires cross its
    border, by source (x from the left, px).
    """

    width: float
    height: float
    corners: tuple[tuple[float, float], ...]
    strokes: tuple[tuple[Stroke, ...], ...]
    entering: dict[Key, float]
    leaving: dict[Key, float]


def place_level(level: Level, sources: Sequence[Key], known: Sequence[Known], title_height: float) -> Placed:
    """Lay out one level. `sources` and `known` belong to the wires: whose they are, and how much of them is known.

    A level with a title is a group: it has a border, and `title_height` px of room above its first row.
    """
    rows = rows_of(level)
    order_rows(rows)
    side = SIDE if title_height else 0.0
    x = [value + side for value in places(rows, max(0.0, level.title_width - side))]
    tops, bottoms = _bands(level, rows, title_height)
    right = max((x[cell] + rows.width_of[cell] / 2 for cell in range(len(x))), default=0.0)
    links = _spread(level, rows, x)
    strokes: list[list[Stroke]] = [[] for _ in level.wires]
    for link in links:
        strokes[link.wire].append(_stroke(level, rows, link, x, tops, bottoms, known[link.wire]))
    return Placed(
        width=max(right + side, level.title_width),
        height=bottoms[-1],
        corners=tuple(
            (x[item] - level.items[item].width / 2, tops[rows.row_of[item]]) for item in range(len(level.items))
        ),
        strokes=tuple(map(tuple, strokes)),
        entering=_border(rows, 0, x, sources),
        leaving=_border(rows, len(rows.rows) - 1, x, sources),
    )


def _bands(level: Level, rows: Rows, title_height: float) -> tuple[list[float], list[float]]:
    """Return the upper and lower end of each row; the first is the strip with the title, the last the border."""
    tops, bottoms = [0.0], [title_height]
    for number, row in enumerate(rows.rows[1:-1], start=1):
        gap = GAP_Y if number > 1 else (GAP_Y / 2 if rows.rows[0] else 6.0 if title_height else 0.0)
        tops.append(bottoms[-1] + gap)
        heights = [level.items[item].height for cell in row if (item := rows.item_of[cell]) is not None]
        bottoms.append(tops[-1] + max(heights, default=0.0))
    end = bottoms[-1] + (GAP_Y * 0.6 if rows.rows[-1] else SIDE if title_height else 0.0)
    return [*tops, end], [*bottoms, end]


def _spread(level: Level, rows: Rows, x: list[float]) -> list[Link]:
    """Return the links with their arrow heads side by side, in the order in which they come."""
    arriving: dict[int, list[Link]] = {}
    out: list[Link] = []
    for link in rows.links:
        item = rows.item_of[link.lower]
        if item is None or link.wire in level.items[item].in_ports:
            out.append(link)
        else:
            arriving.setdefault(item, []).append(link)
    for item, links in arriving.items():
        links.sort(key=lambda link: x[link.upper] + link.out_port)
        step = min(SPREAD, (level.items[item].width - 24) / max(1, len(links) - 1))
        first = -step * (len(links) - 1) / 2
        out.extend(replace(link, in_port=first + step * number) for number, link in enumerate(links))
    return out


def _stroke(
    level: Level,
    rows: Rows,
    link: Link,
    x: list[float],
    tops: list[float],
    bottoms: list[float],
    known: Known,
) -> Stroke:
    upper, lower = rows.row_of[link.upper], rows.row_of[link.lower]
    start, end = rows.item_of[link.upper], rows.item_of[link.lower]
    return Stroke(
        x1=x[link.upper] + link.out_port,
        y1=tops[upper] if start is None else tops[upper] + level.items[start].height,
        y_bend=bottoms[upper],
        x2=x[link.lower] + link.in_port,
        y2=tops[lower],
        arrow=end is not None and link.wire not in level.items[end].in_ports,
        known=known.covers(rows, link),
    )


def _border(rows: Rows, row: int, x: list[float], sources: Sequence[Key]) -> dict[Key, float]:
    return {sources[wire]: x[cell] for cell in rows.rows[row] if (wire := rows.wire_of[cell]) is not None}
