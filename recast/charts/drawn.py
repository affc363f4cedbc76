"""From a series to strokes and symbols within the frame of its panel; pure.

What is no number is a gap; what is outside of a range that the axis names is a triangle at the edge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from recast.charts.model import XY, Band, Level, Line, Mark, Marks, Panel, Series, Steps
from recast.charts.primitives import Glyphs, Group, Item, Path
from recast.charts.scale import Scale
from recast.charts.style import MARKS

__all__ = ["group_of", "values_of"]

_HALF_BOX = 0.3
"""Half the width of a box in a category, in categories."""
_HALF_BOX_PX = 9.0
"""Half the width of a box at a single number."""
_EDGE_PX = 7.0


def values_of(series: Series) -> tuple[list[float], list[float]]:
    """Return the numbers of a series along x and y, which its panel's ranges are to show."""
    if isinstance(series, Marks):
        ends = [it for mark in series.marks for it in (mark.low, mark.high) if it is not None]
        return [mark.x for mark in series.marks], [*(mark.y for mark in series.marks), *ends]
    if isinstance(series, Line):
        return [x for x, _ in series.points], [y for _, y in series.points]
    if isinstance(series, Band):
        return list(series.x), [*series.low, *series.high]
    if isinstance(series, Steps):
        return list(series.edges), [*series.values, *(series.base or ())]
    return [], [series.y]


def group_of(series: Series, panel: Panel, x: Scale, y: Scale) -> Group:
    """Return what is drawn of a series."""
    if isinstance(series, Marks):
        return _marks(series, x, y)
    apart = bool(panel.x.names) or _is_single(series)
    if isinstance(series, Line):
        return Group(series.kind, series.label, (_line(series, x, y, apart=apart),))
    if isinstance(series, Band):
        strokes = _boxes(series, panel, x, y) if apart else _areas(series, x, y)
        return Group(series.kind, series.label, (Path("area", series.kind, tuple(strokes)),))
    if isinstance(series, Steps):
        return Group(series.kind, series.label, (_steps(series, x, y),))
    return Group(series.kind, series.label, (_level(series, x, y),))


def _is_single(series: Series) -> bool:
    return isinstance(series, (Line, Band)) and len({it for it in values_of(series)[0] if math.isfinite(it)}) == 1


def _steps(series: Steps, x: Scale, y: Scale) -> Path:
    if series.base is None:
        return Path("line", series.kind, tuple(_outlines(series, x, y)))
    return Path("area", series.kind, tuple(_bins(series, x, y)))


def _level(series: Level, x: Scale, y: Scale) -> Path:
    at = y(series.y)
    return Path("line", series.kind, () if at is None else (((x.begin, at), (x.end, at)),))


def _line(series: Line, x: Scale, y: Scale, *, apart: bool) -> Item:
    if apart:
        places = [(x(one), y(other)) for one, other in series.points]
        kind = series.kind if series.kind in MARKS else "expected"
        return Glyphs(kind, tuple((one, other) for one, other in places if one is not None and other is not None))
    parts = [[(at, up) for at, up in part] for part in _parts([(x(one), y(other)) for one, other in series.points])]
    return Path("line", series.kind, tuple(tuple(part if len(part) > 1 else [*part, *part]) for part in parts))


def _parts(places: Sequence[tuple[float | None, ...]]) -> Iterator[tuple[tuple[float, ...], ...]]:
    """Yield the runs of places that are numbers."""
    run = list[tuple[float, ...]]()
    for place in places:
        known = tuple(it for it in place if it is not None)
        if len(known) == len(place):
            run.append(known)
        elif run:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _areas(band: Band, x: Scale, y: Scale) -> Iterator[tuple[XY, ...]]:
    rows = zip(band.x, band.low, band.high, strict=False)
    for part in _parts([(x(at), y.at_least(low), y.at_least(high)) for at, low, high in rows]):
        if len(part) == 1:
            at, low, high = part[0]
            yield _rectangle(at - 3.0, low, at + 3.0, high)
            continue
        upper = [(at, high) for at, _, high in part]
        lower = [(at, low) for at, low, _ in reversed(part)]
        yield (*upper, *lower, upper[0])


def _boxes(band: Band, panel: Panel, x: Scale, y: Scale) -> Iterator[tuple[XY, ...]]:
    half = _HALF_BOX * abs(x.end - x.begin) / (x.high - x.low) if panel.x.names else _HALF_BOX_PX
    rows = zip(band.x, band.low, band.high, strict=False)
    for at, low, high in ((x(at), y.at_least(low), y.at_least(high)) for at, low, high in rows):
        if at is not None and low is not None and high is not None:
            yield _rectangle(at - half, low, at + half, high)


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> tuple[XY, ...]:
    return (x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)


def _outlines(steps: Steps, x: Scale, y: Scale) -> Iterator[tuple[XY, ...]]:
    rows = zip(steps.edges, steps.edges[1:], steps.values, strict=False)
    for part in _parts([(x(left), x(right), y.at_least(value)) for left, right, value in rows]):
        yield tuple(place for left, right, value in part for place in ((left, value), (right, value)))


def _bins(steps: Steps, x: Scale, y: Scale) -> Iterator[tuple[XY, ...]]:
    rows = zip(steps.edges, steps.edges[1:], steps.values, steps.base or (), strict=False)
    for left, right, low, high in (
        (x(left), x(right), y.at_least(value), y.at_least(base)) for left, right, value, base in rows
    ):
        if left is not None and right is not None and low is not None and high is not None and low != high:
            yield _rectangle(left, low, right, high)


def _marks(series: Marks, x: Scale, y: Scale) -> Group:
    places, told, bars = dict[str, list[XY]](), list[tuple[Mark, XY, str]](), list[tuple[XY, ...]]()
    for mark in series.marks:
        at, up = x(mark.x), y.at_least(mark.y)
        if at is None or up is None:
            continue
        kind, inside = _kind_and_place(series.kind, mark, up, y)
        places.setdefault(kind, []).append((at, inside))
        if inside == up and mark.low is not None and mark.high is not None:
            low, high = y.at_least(mark.low), y.at_least(mark.high)
            if low is not None and high is not None:
                bars.append(((at, low), (at, high)))
        if series.names:
            told.append((mark, (at, inside), kind))
    items: list[Item] = [
        *([Path("line", "bar", tuple(bars))] if bars else []),
        *(Glyphs(k, tuple(at)) for k, at in places.items()),
    ]
    return Group(series.kind, series.label, tuple(items), series.names, tuple(told))


def _kind_and_place(kind: str, mark: Mark, up: float, y: Scale) -> tuple[str, float]:
    """Return the symbol of a mark and its place: at the edge, and a triangle, if it is outside."""
    top, bottom = min(y.begin, y.end), max(y.begin, y.end)
    if kind == "bin":
        return kind, min(max(up, top), bottom)
    if up < top - 0.5:
        return "above", top + _EDGE_PX
    if up > bottom + 0.5:
        return "below", bottom - _EDGE_PX
    return {"below": "below", "above": "above", "": kind}[mark.bound], up
