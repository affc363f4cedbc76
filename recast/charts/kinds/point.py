"""One point, or a few side by side: observed values beside their expected bands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recast.charts.kinds.limits import Row, bands, level_of, limit_points, observed, table_of, told
from recast.charts.kinds.quantities import QUANTITIES, Name, Quantity
from recast.charts.model import Axis, Column, Figure, Line, Panel, Series, Table
from recast.charts.spots import Spot
from recast.charts.words import safe, unmarked
from recast.counted import counted

__all__ = ["MOST", "point_of"]

MOST = 40
"""The most limits side by side; the others are left out, and the chart says so."""
_NARROW = 0.5


def point_of(
    spots: Sequence[Spot],
    *,
    title: str = "",
    quantities: Sequence[Name] = ("cls", "mu", "xsec"),
    caption: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Return the chart of one limit, or of several side by side in their order, such as the regions of a search.

    Every quantity that any of them has gets a panel of its own; below each box is the text `words` of its point.
    """
    limited = [spot for spot in spots if spot.limit is not None]
    shown = limited[:MOST]
    rows = [(float(index), spot, spot.limit) for index, spot in enumerate(shown) if spot.limit is not None]
    found = [(name, QUANTITIES[name]) for name in quantities if any(QUANTITIES[name].is_in(row[2]) for row in rows)]
    names = tuple(
        safe(spot.words, 40) or (str(index + 1) if len(shown) > 1 else "") for index, spot in enumerate(shown)
    )
    left = len(limited) - len(shown)
    missing = [f"{counted(left, 'limit')} of {len(limited)} not shown: the first {MOST} are."] if left else []
    return Figure(
        title=title or "Observed and expected limits",
        panels=tuple(_panel(rows, name, what, names) for name, what in found),
        words=f"{_and(what for _, what in found)} of {counted(len(rows), 'point')}.",
        caption=caption,
        notes=(*notes, *missing),
        table=_table(rows, [what for _, what in found]),
    )


def _and(whats: Iterable[Quantity]) -> str:
    return " and ".join(unmarked(what.label) for what in whats) or "No limit"


def _panel(rows: Sequence[Row], name: Name, what: Quantity, names: tuple[str, ...]) -> Panel:
    own = [row for row in rows if what.is_in(row[2])]
    series: list[Series] = [*bands(own, what), *(it for it in observed(own, what) if not isinstance(it, Line))]
    if name == "xsec" and (points := limit_points(own)):
        series.append(Line("theory", points, "Cross section of the signal"))
    x = Axis("", low=-0.5, high=len(names) - 0.5, names=names)
    series += [*level_of(what), *told(own, what)]
    return Panel(x, Axis(what.label, what.unit, "log"), tuple(series), width=_NARROW if len(rows) < 4 else 1.0)


def _table(rows: Sequence[Row], whats: Sequence[Quantity]) -> Table:
    """Return one row for each limit and quantity."""
    columns, found = list[Column](), []
    for what in whats:
        part = table_of([row for row in rows if what.is_in(row[2])], what, None)
        columns = [Column("quantity"), *part.columns]
        unit = f" [{what.unit}]" if what.unit else ""
        found += [(unmarked(what.label) + unit, *row) for row in part.rows]
    plain = [Column(it.name) for it in columns]
    return Table(tuple(plain), tuple(found))
