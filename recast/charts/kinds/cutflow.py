"""The expected events after each cut of a region, as bars on a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from recast.charts.model import Axis, Column, Figure, Mark, Marks, Panel, Series, Steps, Table
from recast.charts.spots import number
from recast.charts.words import compact, safe
from recast.counted import counted
from recast.json_types import JsonObject

__all__ = ["MOST", "cutflow_of"]

MOST = 60
"""The most cuts that are drawn; the others are left out, and the chart says so."""

_LEAST = 1e-90


def cutflow_of(cutflow: JsonObject, *, title: str = "", caption: str = "", notes: Sequence[str] = ()) -> Figure:
    """Return the chart of a result of type `cutflow`: events after each cut with their statistical errors."""
    given = [step for step in cutflow.get("steps") or () if isinstance(step, Mapping)]
    rows = [
        (safe(str(it.get("name") or ""), 60), number(it.get("events")), number(it.get("error")), number(it.get("raw")))
        for it in given[:MOST]
    ]
    names = tuple(row[0] for row in rows)
    left = len(given) - len(rows)
    missing = [f"{counted(left, 'cut')} of {len(given)} not shown: the first {MOST} are."] if left else []
    region = safe(str(cutflow.get("region") or ""))
    first, last = (rows[0], rows[-1]) if rows else (None, None)
    kept = f", from {_said(first[1])} to {_said(last[1])}" if first and last else ""
    x = Axis("", low=-0.5, high=max(len(rows), 1) - 0.5, names=names)
    return Figure(
        title=title or (f"Cutflow of {region}" if region else "Cutflow"),
        panels=(Panel(x, Axis("Expected events", scale="log", low=_floor(rows)), _bars(rows)),),
        words=f"Expected events after each of {counted(len(rows), 'cut')}{kept}.",
        caption=caption,
        notes=(*notes, *missing),
        table=Table(
            (
                Column("cut"),
                Column("events", "events"),
                Column("error", "events"),
                Column("raw", "events"),
                Column("kept"),
            ),
            tuple((*row, _kept(rows, index)) for index, row in enumerate(rows)),
        ),
    )


_Row = tuple[str, float | None, float | None, float | None]


def _said(value: float | None) -> str:
    return "none" if value is None else compact(value)


def _kept(rows: Sequence[_Row], index: int) -> float | None:
    """Return which share of the events of the cut before is left, None for the first."""
    before, now = (rows[index - 1][1] if index else None), rows[index][1]
    if before is None or now is None or before <= 0.0:
        return None
    return number(now / before)


def _floor(rows: Sequence[_Row]) -> float | None:
    some = [row[1] for row in rows if row[1] is not None and row[1] > 0.0]
    return float(10.0 ** math.floor(math.log10(max(0.5 * min(some), _LEAST)))) if some else None


def _bars(rows: Sequence[_Row]) -> tuple[Series, ...]:
    some = [row[1] for row in rows if row[1] is not None and row[1] > 0.0]
    if not some:
        return ()
    floor = _floor(rows) or 1.0
    edges = tuple(index - 0.5 for index in range(len(rows) + 1))
    values = tuple(max(row[1] or 0.0, floor) for row in rows)
    marks, told = list[Mark](), list[Mark]()
    for index, (_, events, error, raw) in enumerate(rows):
        at = max(events or 0.0, floor)
        told.append(Mark(float(index), at, values=(events, error, raw, _kept(rows, index))))
        if events is not None and events > 0.0 and error:
            marks.append(Mark(float(index), events, events - error, events + error))
    return (
        Steps("cut", edges, values, "Expected events", (floor,) * len(rows)),
        *((Marks("cut", tuple(marks), "Statistical error"),) if marks else ()),
        Marks("bin", tuple(told), names=("events", "error", "raw", "kept")),
    )
