"""The numbers of a chart as tables: its rows, and the vertices of its lines; several charts as one."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from recast.charts.model import Column, Figure, Line, Table
from recast.charts.words import unmarked
from recast.json_types import JsonDict, JsonValue, is_finite

__all__ = ["as_csv", "as_json", "beside", "lines_table", "table"]


def table(figure: Figure) -> Table:
    """Return the numbers of a chart as rows: what stands beside it for readers and machines."""
    return figure.table


def lines_table(figure: Figure) -> Table:
    """Return the vertices of the lines of a plane: (panel, curve, part, x, y), parts counted from 0."""
    rows = []
    for number, panel in enumerate(figure.panels):
        parts = dict[str, int]()
        for series in panel.series:
            if isinstance(series, Line):
                part = parts.setdefault(series.kind, 0)
                parts[series.kind] += 1
                rows += [(number, series.kind, part, x, y) for x, y in series.points]
    x, y = (figure.panels[0].x, figure.panels[0].y) if figure.panels else (None, None)
    across = [Column(unmarked(axis.label), axis.unit) if axis else Column("") for axis in (x, y)]
    return Table((Column("panel"), Column("curve"), Column("part"), *across), tuple(rows))


def beside(title: str, figures: Sequence[Figure], *, caption: str = "", notes: Sequence[str] = ()) -> Figure:
    """Return several charts as one: their panels beside one another, their rows in one table with a column for each
    name that any of them has.
    """
    columns = list(dict.fromkeys(column for figure in figures for column in figure.table.columns))
    rows = []
    for figure in figures:
        at = {column: index for index, column in enumerate(figure.table.columns)}
        rows += [tuple(row[at[it]] if it in at else None for it in columns) for row in figure.table.rows]
    return Figure(
        title=title,
        panels=tuple(panel for figure in figures for panel in figure.panels),
        words=" ".join(figure.words for figure in figures),
        caption=caption,
        notes=(*notes, *dict.fromkeys(note for figure in figures for note in figure.notes)),
        table=Table(tuple(columns), tuple(rows)),
    )


def as_json(figure: Figure) -> JsonDict:
    """Return the numbers of a chart as a document: its table and the vertices of its lines."""
    return {
        "title": figure.title,
        "notes": list(figure.notes),
        "columns": [{"name": it.name, "unit": it.unit} for it in figure.table.columns],
        "rows": [[_value(it) for it in row] for row in figure.table.rows],
        "lines": [[_value(it) for it in row] for row in lines_table(figure).rows],
    }


def as_csv(found: Table) -> str:
    """Return a table as CSV; the units are in the names of the columns."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f"{it.name} [{it.unit}]" if it.unit else it.name for it in found.columns])
    writer.writerows([["" if _value(it) is None else _value(it) for it in row] for row in found.rows])
    return text.getvalue()


def _value(value: JsonValue) -> JsonValue:
    return None if isinstance(value, float) and not is_finite(value) else value
