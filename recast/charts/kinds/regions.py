"""Events per region or bin: data with Poisson errors, background with its uncertainty, the signal on top, a ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from recast.charts.model import Axis, Column, Figure, Level, Mark, Marks, Panel, Series, Steps, Table
from recast.charts.spots import number
from recast.charts.words import safe
from recast.counted import counted
from recast.json_types import JsonObject

__all__ = ["MOST", "poisson_errors", "regions_of"]

MOST = 120
"""The most regions that are drawn; the others are left out, and the chart says so."""
_MOST_RATIO = 4.0
_NARROWEST = 40.0
"""How many regions a panel of the usual width has; with more it is wider, up to `_WIDEST` times."""
_WIDEST = 2.0


@dataclass(frozen=True, slots=True)
class _Region:
    """A region; None where nothing is known."""

    name: str
    observed: float | None
    background: float | None
    background_error: float | None
    signal: float | None
    signal_error: float | None

    @property
    def numbers(self) -> tuple[float | None, ...]:
        return self.observed, self.background, self.background_error, self.signal, self.signal_error

    @property
    def total(self) -> float:
        return (self.background or 0.0) + (self.signal or 0.0)


def poisson_errors(count: float) -> tuple[float, float]:
    """Return how far the central 68% interval of a Poisson mean reaches below and above a count.

    Garwood's intervals by the approximation of Wilson and Hilferty, within 2%.
    """
    more = count + 1.0
    up = more * (1.0 - 1.0 / (9.0 * more) + 1.0 / (3.0 * math.sqrt(more))) ** 3 - count
    if count <= 0.0:
        return 0.0, up
    return count - count * max(0.0, 1.0 - 1.0 / (9.0 * count) - 1.0 / (3.0 * math.sqrt(count))) ** 3, up


def regions_of(
    yields: JsonObject,
    *,
    title: str = "",
    signal: str = "Signal",
    caption: str = "",
    notes: Sequence[str] = (),
) -> Figure:
    """Return the chart of a result of type `yields`: events per region on a logarithmic axis, and observed events over
    background below. `signal` is the text of the signal in the legend.
    """
    given = [_region(row) for row in yields.get("regions") or () if isinstance(row, Mapping)]
    rows = given[:MOST]
    x = Axis("", low=-0.5, high=max(len(rows), 1) - 0.5, names=tuple(row.name for row in rows))
    floor = _floor(rows)
    width = max(1.0, min(_WIDEST, len(rows) / _NARROWEST))
    upper = Panel(x, Axis("Events", scale="log", low=floor), tuple(_events(rows, safe(signal), floor)), width=width)
    ratio = _ratio(rows)
    panels = (upper, Panel(x, Axis("Data / bkg.", low=0.0, high=_reach(rows)), ratio, height=0.36, below=True))
    left = len(given) - len(rows)
    missing = [f"{counted(left, 'region')} of {len(given)} not shown: the first {MOST} are."] if left else []
    empty = sum(row.observed == 0.0 for row in rows)
    nothing = (
        [f"{counted(empty, 'region')} without an observed event: open triangles at the lower edge."] if empty else []
    )
    return Figure(
        title=title or "Events per region",
        panels=panels if ratio else panels[:1],
        words=f"Observed events, background and signal in {counted(len(rows), 'region')}.",
        caption=caption,
        notes=(*notes, *nothing, *missing),
        table=_table(rows),
    )


def _region(row: JsonObject) -> _Region:
    def counts(key: str) -> float | None:
        found = number(row.get(key))
        return found if found is not None and found >= 0.0 else None

    return _Region(
        safe(str(row.get("region") or ""), 40),
        counts("observed"),
        counts("background"),
        counts("background_error"),
        number(row.get("signal")),
        counts("signal_error"),
    )


def _floor(rows: Sequence[_Region]) -> float:
    """Return the lower end of the axis: a decade below the smallest background, and room for regions without events."""
    some = [row.background for row in rows if row.background] + [0.4 for row in rows if row.observed == 0.0]
    least = min(some or [it for row in rows for it in (row.observed, row.signal) if it and it > 0.0] or [1.0])
    return float(10.0 ** math.floor(math.log10(max(1e-3, 0.3 * least))))


def _events(rows: Sequence[_Region], signal: str, floor: float) -> list[Series]:
    edges = tuple(index - 0.5 for index in range(len(rows) + 1))
    base = (floor,) * len(rows)
    background = tuple(row.background or 0.0 for row in rows)
    series: list[Series] = []
    if any(background):
        series.append(Steps("background", edges, background, "Background", base))
    if any(row.background_error for row in rows):
        low = tuple((row.background or 0.0) - (row.background_error or 0.0) for row in rows)
        high = tuple((row.background or 0.0) + (row.background_error or 0.0) for row in rows)
        series.append(Steps("uncertainty", edges, high, "Uncertainty of the background", low))
    if any(row.signal for row in rows):
        label = f"Background + {'signal' if signal == 'Signal' else signal}" if any(background) else signal
        series.append(Steps("signal", edges, tuple(row.total for row in rows), label))
    return [*series, *_data(rows, floor), *_told(rows, floor)]


def _told(rows: Sequence[_Region], floor: float) -> list[Series]:
    """Return the marks that read out all numbers of each region."""
    names = ("observed", "background", "background error", "signal", "signal error")
    marks = tuple(
        Mark(float(index), max(row.total, row.observed or 0.0, floor), values=row.numbers)
        for index, row in enumerate(rows)
    )
    return [Marks("bin", marks, names=names)] if marks else []


def _data(rows: Sequence[_Region], floor: float) -> list[Series]:
    seen, empty = list[Mark](), list[Mark]()
    for index, row in enumerate(rows):
        if row.observed is None:
            continue
        down, up = poisson_errors(row.observed)
        if row.observed > 0.0:
            seen.append(Mark(float(index), row.observed, row.observed - down, row.observed + up))
        else:
            empty.append(Mark(float(index), 1.3 * floor, floor, up))
    found = [("data", seen, "Data"), ("no-data", empty, "No event observed")]
    return [Marks(kind, tuple(marks), label) for kind, marks, label in found if marks]


def _reach(rows: Sequence[_Region]) -> float:
    ratios = [row.observed / row.background for row in rows if row.observed is not None and row.background]
    return max(2.0, min(_MOST_RATIO, 1.2 * max(ratios, default=1.0)))


def _ratio(rows: Sequence[_Region]) -> tuple[Series, ...]:
    known = [(index, row, row.observed, row.background) for index, row in enumerate(rows)]
    marks, empty = list[Mark](), list[Mark]()
    for index, _, seen, by in known:
        if seen is not None and by:
            down, up = poisson_errors(seen)
            at = seen / by if seen else 0.05 * _reach(rows)
            (marks if seen else empty).append(Mark(float(index), at, (seen - down) / by, (seen + up) / by))
    if not marks and not empty:
        return ()
    edges = tuple(index - 0.5 for index in range(len(rows) + 1))
    part = [((row.background_error or 0.0) / row.background if row.background else 0.0) for row in rows]
    above = tuple(row.total / row.background if row.background else float("nan") for row in rows)
    band = Steps("uncertainty", edges, tuple(1.0 + it for it in part), base=tuple(1.0 - it for it in part))
    return (
        *((band,) if any(part) else ()),
        *((Steps("signal", edges, above),) if any(row.signal for row in rows) else ()),
        Level("axis", 1.0),
        *((Marks(kind, tuple(it)) for kind, it in (("data", marks), ("no-data", empty)) if it)),
    )


def _table(rows: Sequence[_Region]) -> Table:
    names = ("region", "observed", "background", "background error", "signal", "signal error")
    found = tuple((row.name, *row.numbers) for row in rows)
    return Table(tuple(Column(name, "" if name == "region" else "events") for name in names), found)
