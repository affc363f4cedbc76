"""The form and the document of a request: one is made of the other, and each fault of it has its place. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recast.desk.cells import cell_of, value_of
from recast.desk.document import FIELDS
from recast.desk.faults import Fault
from recast.desk.model import Point
from recast.desk.points import point_key, read_points
from recast.errors import InputError
from recast.json_types import JsonDict, JsonObject
from recast.service.pages.form.grid import BadAxis, axis_of, values_of
from recast.service.pages.form.held import MOST_COLUMNS, MOST_ROWS, TEXTS, Axis, Column, Held
from recast.service.pages.form.sending import cell_name
from recast.service.pages.form.tables import as_table, columns_of, in_commas, points_in, read_yaml

__all__ = ["Written", "grid_of", "held_of", "points_of", "with_points", "written"]

_POINT = re.compile(r"/points/(\d{1,5})(?:/(coordinates|inputs)/([^/]+))?.*", re.DOTALL)
_AXIS = re.compile(r"/axes/([^/]+).*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Written:
    """The document that a form asks for; `faults` are at places of the form, and `rows` are those of its points."""

    document: JsonDict
    faults: tuple[tuple[str, str], ...]
    held: Held
    rows: tuple[int, ...]

    def place(self, where: str) -> str:
        """Return the place in the form of a JSON pointer into the document; empty if it has none."""
        if found := _POINT.fullmatch(where):
            return self._of_point(int(found[1]), found[2], _plain(found[3] or ""))
        if found := _AXIS.fullmatch(where):
            names = [axis.name.strip() for axis in self.held.axes]
            return f"axis-{names.index(_plain(found[1]))}" if _plain(found[1]) in names else "axes"
        name = where.split("/")[1] if where.count("/") else ""
        return "table" if name in ("csv", "points") and self.held.table else name if name in {*TEXTS, *FIELDS} else ""

    def place_of_point(self, point: str, where: str) -> str:
        """Return the place of what is wrong with a point (`p3`), by where it is in the inputs of a run."""
        axes = self.document.get("axes")
        grid = math.prod(map(len, axes.values())) if isinstance(axes, dict) else 0
        number = int(point[1:]) - 1 if point[1:].isdecimal() else -1
        if number < grid:
            return "axes" if number >= 0 else ""
        name = _plain(where.split("/")[1]) if where.count("/") else ""
        places = (self._of_point(number - grid, of, name) for of in ("inputs", "coordinates"))
        return next((it for it in places if it.startswith("cell")), self._of_point(number - grid, None, ""))

    def _of_point(self, number: int, of: str | None, name: str) -> str:
        if number >= len(self.rows):
            return "table" if self.held.table else "points"
        row = self.rows[number]
        columns: list[tuple[str | None, str]] = [(column.of, column.name) for column in self.held.columns]
        return cell_name(row, columns.index((of, name))) if (of, name) in columns else f"row-{row}"


def _plain(segment: str) -> str:
    return segment.replace("~1", "/").replace("~0", "~")


def written(held: Held) -> Written:
    """Return the document of a form, with its grid as axes; what says nothing yet is left out."""
    faults: list[tuple[str, str]] = []
    rows = tuple(row for row, cells in enumerate(held.rows) if any(it.strip() for it in cells))
    document: JsonDict = {name: held.text(name) for name in TEXTS if held.text(name)}
    if axes := _axes(held, faults):
        document["axes"] = axes
    document["points"] = [_point(held.columns, held.rows[row]) for row in rows]
    if held.table.strip():
        try:
            document |= _of_table(held.table, document["points"])
        except InputError as problem:
            faults.append(("table", f"{problem.what}. {problem.why}".strip()))
    return Written(document, tuple(faults), held, rows)


def _of_table(table: str, points: list[Any]) -> JsonDict:
    if not table.lstrip().startswith(("- ", "-\n", "[", "{")):
        return {"csv": in_commas(table)}
    found = read_yaml(table)
    return {"points": [*points, *(found if isinstance(found, list) else [found])]}


def _axes(held: Held, faults: list[tuple[str, str]]) -> dict[str, Any] | list[str]:
    """Return the grid of a form, or the names of its axes alone."""
    named = [(place, axis) for place, axis in enumerate(held.axes) if not axis.is_empty]
    names = [axis.name.strip() for _, axis in named]
    if not any(axis.has_values for _, axis in named):
        return names
    found = {}
    for place, axis in named:
        name = axis.name.strip()
        if not name or names.count(name) > 1:
            words = "the same name stands twice" if name else "it has no name"
            faults.append((f"axis-{place}-name", words))
            continue
        try:
            found[name] = values_of(axis)
        except BadAxis as problem:
            faults.append((f"axis-{place}-{problem.part}", str(problem)))
    return found if not faults else []


def _point(columns: Sequence[Column], cells: Sequence[str]) -> JsonDict:
    said: dict[str, JsonDict] = {"coordinates": {}, "inputs": {}}
    for column, cell in zip(columns, cells, strict=True):
        if cell.strip():
            said[column.of][column.name] = value_of(cell)
    return {"coordinates": said["coordinates"], **({"inputs": said["inputs"]} if said["inputs"] else {})}


def held_of(document: JsonObject, inputs: Sequence[str] = ()) -> Held:
    """Return the form that asks for what a document asks for; `inputs` are the columns that come first.

    Raises InputError for a document with points that cannot be read.
    """
    texts = {name: document[name] for name in TEXTS if isinstance(document.get(name), str)}
    axes = document.get("axes") or []
    if isinstance(axes, Mapping):
        held = Held(texts, tuple(axis_of(str(name), list(values)) for name, values in axes.items()))
    else:
        held = Held(texts, tuple(Axis(str(name)) for name in axes))
    faults: list[Fault] = []
    _, points = read_points({key: document[key] for key in ("points", "csv") if key in document}, faults)
    if faults:
        raise InputError("The points cannot be read", why="\n".join(it.what for it in faults[:20]))
    return with_points(held, points, inputs)


def with_points(held: Held, points: Sequence[Point], inputs: Sequence[str] = ()) -> Held:
    """Return a form with more points: as rows, or, if they are many or no cells say them, all as one table.

    Raises InputError if the form has a table that cannot be read.
    """
    if not points:
        return held
    needed = [Column(of, name) for of, name in columns_of(points, [axis.name for axis in held.axes])]
    ordered = sorted(needed, key=lambda it: inputs.index(it.name) if it.of == "inputs" and it.name in inputs else -1)
    columns = (*held.columns, *(it for it in ordered if it not in held.columns))
    kept = [row for row in held.rows if any(cell.strip() for cell in row)]
    fits = len(kept) + len(points) <= MOST_ROWS and len(columns) <= MOST_COLUMNS
    if not held.table.strip() and fits and all(point.coordinates or point.inputs for point in points):
        wide = [(*row, *[""] * (len(columns) - len(row))) for row in kept]
        rows = (*wide, *(_cells(columns, point) for point in points))
        return replace(held, columns=columns, rows=rows)
    everything = [*points_of(held), *points]
    return replace(held, columns=(), rows=(), table=as_table(everything, [axis.name for axis in held.axes]))


def _cells(columns: Sequence[Column], point: Point) -> tuple[str, ...]:
    said = {"coordinates": point.coordinates, "inputs": point.inputs}
    return tuple(cell_of(said[it.of][it.name]) if it.name in said[it.of] else "" for it in columns)


def points_of(held: Held) -> tuple[Point, ...]:
    """Return the points of rows and table, without those of a grid; raise InputError if they cannot be read."""
    found = written(replace(held, axes=(), table="")).document["points"]
    points = tuple(Point("", it["coordinates"], it.get("inputs", {})) for it in found)
    return (*points, *points_in(held.table)) if held.table.strip() else points


def grid_of(held: Held) -> tuple[tuple[Point, ...], tuple[tuple[str, str], ...]]:
    """Return the points of the form's grid that it does not have yet, and what is wrong with the grid."""
    faults: list[tuple[str, str]] = []
    axes = _axes(held, faults)
    if faults or not isinstance(axes, dict):
        return (), tuple(faults) or (("axes", "say the values of each axis first"),)
    of_desk: list[Fault] = []
    _, points = read_points({"axes": axes}, of_desk)
    if of_desk:
        return (), tuple(("axes", fault.what) for fault in of_desk[:20])
    known = set(map(point_key, points_of(held)))
    return tuple(it for it in points if point_key(it) not in known), ()
