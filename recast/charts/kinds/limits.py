"""Limits against one coordinate: observed, expected with its bands, and what they are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from recast.charts.kinds.quantities import QUANTITIES, Name, Quantity, quantity_of
from recast.charts.model import Axis, Band, Column, Figure, Level, Line, Mark, Marks, Panel, Series, Table
from recast.charts.spots import Spot, five, kind_of, number, one_a_place, xsec_fb
from recast.charts.words import axis_label, safe, unmarked
from recast.counted import counted
from recast.json_types import JsonObject
from recast.results.numbers import cls_text, least_cls

__all__ = ["SIGMAS", "bands", "bound_of", "level_of", "limit_points", "limits_of", "observed", "table_of", "told"]

Row = tuple[float, Spot, JsonObject]
SIGMAS = ("−2 σ", "−1 σ", "median", "+1 σ", "+2 σ")
_OTHERS = ("other-1", "other-2", "other-3")
_NOWHERE = float("nan")


def limits_of(
    spots: Sequence[Spot],
    axis: str,
    *,
    quantity: Name | None = None,
    title: str = "",
    held: str = "",
    labels: Mapping[str, str] = {},
    others: Mapping[str, Sequence[Spot]] = {},
    caption: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Return the chart of limits against a coordinate of points, on a logarithmic axis.

    `quantity` is `cls`, `mu` or `xsec`, by default the first that the points have. `others` are the observed limits of
    at most three further sets of points by name, such as another version.
    """
    name = quantity or quantity_of(spots)
    what = QUANTITIES[name]
    placed = one_a_place(spots, (axis,))
    rows = [(where[0], spot, spot.limit) for where, spot in sorted(placed.items()) if spot.limit is not None]
    x = Axis(*axis_label(axis, labels))
    lines = (*bands(rows, what), *observed(rows, what), *_theory(rows, name), *_others(others, axis, what))
    left = len(spots) - len([row for row in rows if what.is_in(row[2])])
    missing = [f"{counted(left, 'point')} of {len(spots)} not shown: without such a limit, or at the place of another."]
    return Figure(
        title=title or f"{unmarked(what.label)} against {x.label}",
        panels=(
            Panel(x, Axis(what.label, what.unit, "log"), (*lines, *level_of(what), *told(rows, what)), title=held),
        ),
        words=_said(rows, what, x),
        caption=caption,
        notes=(*notes, *(missing if left > 0 else ())),
        table=table_of(rows, what, x),
    )


def bands(rows: Sequence[Row], what: Quantity) -> list[Series]:
    """Return the expected bands and their median; a gap where a point has none, or the median is a bound."""
    found = [(x, what.band(limit) or [_NOWHERE] * 5) for x, _, limit in rows]
    if not any(values[2] == values[2] for _, values in found):
        return []
    x = tuple(where for where, _ in found)
    edges = [tuple(values[index] for _, values in found) for index in range(5)]
    return [
        Band("band-2", x, edges[0], edges[4], "Expected ±2 σ"),
        Band("band-1", x, edges[1], edges[3], "Expected ±1 σ"),
        Line("expected", tuple((where, what.known(values[2])) for where, values in found), "Expected"),
    ]


def bound_of(limit: JsonObject, what: Quantity) -> tuple[float, bool] | None:
    """Return where the observed value of a limit is drawn, and whether it is only known to be below; None without."""
    value = what.value(limit)
    if value is None:
        return None
    if what.floor is None:
        return value, False
    toys = number(limit.get("toys"))
    least = least_cls({"toys": toys}) if toys is not None and toys >= 1.0 else what.floor
    return max(value, least), value < least


def observed(rows: Sequence[Row], what: Quantity) -> list[Series]:
    """Return the observed values: a line through those that are known, bounds and undecided ones as marks."""
    line, decided, bounds, undecided = [], list[Mark](), list[Mark](), list[Mark]()
    for x, _, limit in rows:
        found = bound_of(limit, what)
        if found is None:
            line.append((x, _NOWHERE))
            continue
        value, is_bound = found
        is_open = bool(limit.get("undecided"))
        mark = Mark(x, value, bound="below" if is_bound else "")
        (undecided if is_open else bounds if is_bound else decided).append(mark)
        line.append((x, _NOWHERE if is_open or is_bound else value))
    series: list[Series] = [Line("observed", tuple(line))] if len(decided) > 1 else []
    kinds = (("observed", decided, "Observed"), ("observed", bounds, f"Observed, {_below(bounds)}"))
    series += [Marks(kind, tuple(marks), label) for kind, marks, label in kinds if marks]
    return [*series, *([Marks("undecided", tuple(undecided), "Observed, undecided")] if undecided else [])]


def _below(bounds: Sequence[Mark]) -> str:
    """Return text for marks that are bounds, such as `< 1e-6`."""
    places = {mark.y for mark in bounds}
    return cls_text(0.0, places.pop()) if len(places) == 1 else "below"


def told(rows: Sequence[Row], what: Quantity) -> list[Series]:
    """Return the marks that read out all numbers of each point: observed, the five expected ones, the cross section."""
    marks = list[Mark]()
    for x, spot, limit in rows:
        values = (*_numbers(limit, what), xsec_fb(limit))
        found = bound_of(limit, what)
        band = what.band(limit)
        at = found[0] if found is not None else band[2] if band else None
        if at is not None:
            marks.append(Mark(x, at, values=values, words=safe(spot.words), href=spot.href))
    names = ("observed", *(f"expected {sigma}" for sigma in SIGMAS), "cross section of the signal [fb]")
    return [Marks("bin", tuple(marks), names=names)] if marks else []


def _numbers(limit: JsonObject, what: Quantity) -> tuple[float | None, ...]:
    """Return the observed and the five expected values as they are, also those that are drawn as bounds."""
    return (number(limit.get(what.observed)), *(five(limit, what.expected) or (None,) * 5))


def level_of(what: Quantity) -> list[Series]:
    """Return the value below which a point is excluded, as a line across."""
    return [Level("level", what.level, f"{what.level:g}: excluded below")] if what.level is not None else []


def _theory(rows: Sequence[Row], name: Name) -> list[Series]:
    if name != "xsec":
        return []
    points = limit_points(rows)
    return [Line("theory", points, "Cross section of the signal")] if points else []


def limit_points(rows: Sequence[Row]) -> tuple[tuple[float, float], ...]:
    """Return the cross section of the signal where the limits state it, in fb."""
    found = [(x, xsec_fb(limit)) for x, _, limit in rows]
    return tuple((x, value) for x, value in found if value is not None and value > 0.0)


def _others(others: Mapping[str, Sequence[Spot]], axis: str, what: Quantity) -> list[Series]:
    found = list[Series]()
    for kind, (name, spots) in zip(_OTHERS, others.items(), strict=False):
        marks = list[Mark]()
        for where, spot in sorted(one_a_place(spots, (axis,)).items()):
            if spot.limit is not None and (value := bound_of(spot.limit, what)) is not None:
                marks.append(Mark(where[0], value[0], values=(value[0],), words=safe(spot.words), href=spot.href))
        if marks:
            found += [
                Line(kind, tuple((it.x, it.y) for it in marks)),
                Marks(kind, tuple(marks), safe(name), ("observed",)),
            ]
    return found


def table_of(rows: Sequence[Row], what: Quantity, x: Axis | None) -> Table:
    """Return the limits as rows; `x` is the axis of the coordinate, None if there is none."""
    across = (Column(unmarked(x.label), x.unit),) if x else ()
    columns = (
        *across, Column("observed", what.unit), *(Column(f"expected {sigma}", what.unit) for sigma in SIGMAS),
        Column("verdict"), Column("point"),
    )  # fmt: skip
    found = []
    for where, spot, limit in rows:
        found.append((*((where,) if x else ()), *_numbers(limit, what), kind_of(spot), safe(spot.words)))
    return Table(columns, tuple(found))


def _said(rows: Sequence[Row], what: Quantity, x: Axis) -> str:
    known = [(where, found) for where, _, limit in rows if (found := what.value(limit)) is not None]
    if not known:
        return f"{unmarked(what.label)} against {x.label}: no observed value."
    count = counted(len(known), "observed value")
    ends = f"from {known[0][0]:g} to {known[-1][0]:g} {x.unit}".rstrip()
    below = sum(1 for _, spot, _ in rows if kind_of(spot) == "excluded")
    return f"{unmarked(what.label)} against {x.label}, {count} {ends}; {counted(below, 'point')} excluded at 95% CL."
