"""Parse the points of a scan: a CSV file, a YAML list, or a grid; pure except for reading the file."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from recast.counted import counted
from recast.errors import InputError, SpecError
from recast.inputs.numbers import number_in, refuse_odd_bases
from recast.json_types import JsonObject, JsonValue, is_not_finite
from recast.plainfile import read_plain
from recast.scans.lists import flat
from recast.spec.jsonable import read_json
from recast.strictjson import parse_json

__all__ = ["MOST_POINTS", "Point", "parse_points", "plain", "point_key", "read_points"]

MOST_POINTS = 100_000

Point = JsonObject
"""Column -> value. Columns that are inputs of the version are used to run it; others only label the point."""


def read_points(path: Path) -> list[Point]:
    """Read the points in a file; raise InputError with the line of the first fault."""
    try:
        text = read_plain(path).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        why = getattr(problem, "strerror", None) or str(problem)
        raise InputError("The points cannot be read", where=str(path), why=why) from problem
    return parse_points(text, str(path), is_table=path.suffix.lower() in (".csv", ".tsv", ".txt"))


def parse_points(text: str, where: str, *, is_table: bool) -> list[Point]:
    """Return the points that a text lists, each once; raise InputError.

    A table has a header of column names. YAML is a list of maps, or one map of lists, of which all combinations are
    taken (a grid). In YAML a list of plain values stands for points with the one column `point`. A column whose values
    are lists, `[1600, 400]` in a table, becomes several columns: `masses[0]`, `masses[1]`.
    """
    points: Sequence[Point] = _table(text, where) if is_table else _yaml(text, where)
    if not points:
        raise InputError("There are no points", where=where, next_step="write a header and one point per line")
    if len(points) > MOST_POINTS:
        raise InputError(f"{len(points)} points are more than {MOST_POINTS}", where=where)
    columns = set(points[0])
    for number, point in enumerate(points, 1):
        if set(point) != columns:
            odd = ", ".join(sorted(columns.symmetric_difference(point)))
            raise InputError(f"Point {number} has other columns than the first: {odd}", where=where)
    points = flat(points)
    for number, point in enumerate(points, 1):
        _check_finite(point, f"{where}, point {number}")
    return list({point_key(point): point for point in points}.values())


def point_key(point: Point) -> str:
    """Return a text that is equal for equal points: 500 and 500.0 are the same mass."""
    return json.dumps({name: plain(value) for name, value in point.items()}, sort_keys=True, ensure_ascii=False)


def plain(value: JsonValue) -> JsonValue:
    """Return a whole number as an integer, anything else unchanged."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e15 else value


def _table(text: str, where: str) -> list[Point]:
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    between = next((sign for sign in "\t,;" if sign in first), ",")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=between))
    except csv.Error as problem:
        raise InputError("The table cannot be read", where=where, why=str(problem)) from problem
    lines = [(number, [cell.strip() for cell in row]) for number, row in enumerate(rows, 1) if any(row)]
    lines = [(number, row) for number, row in lines if not row[0].startswith("#")]
    if not lines:
        return []
    header = lines[0][1]
    if len(set(header)) != len(header) or "" in header:
        raise InputError("The header names a column twice, or not at all", where=f"{where}:{lines[0][0]}")
    for number, row in lines[1:]:
        if len(row) != len(header):
            raise InputError(
                f"{counted(len(row), 'value')} under {counted(len(header), 'column')}", where=f"{where}:{number}"
            )
    return [dict(zip(header, map(_value, row), strict=True)) for _, row in lines[1:]]


def _value(text: str) -> JsonValue:
    """Return the value of a cell: a number, a boolean, a list written as JSON, or the text itself."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if (number := number_in(text)) is not None:  # Fortran notation
        return number
    if text.startswith("[") and text.endswith("]"):
        try:
            return parse_json(text.encode())
        except ValueError:
            return text
    return {"true": True, "false": False}.get(text.lower(), text)


def _yaml(text: str, where: str) -> list[Point]:
    try:
        found = read_json(text, where)
    except SpecError as problem:
        raise InputError(problem.what, where=problem.where, why=problem.why) from problem
    refuse_odd_bases(text, where)
    if isinstance(found, Mapping):
        return _grid(found, where)
    if not isinstance(found, Sequence) or isinstance(found, str):
        raise InputError("The points are not a list", where=where, next_step="write a list of maps, or a map of lists")
    return [item if isinstance(item, Mapping) else {"point": item} for item in found]


def _grid(axes: JsonObject, where: str) -> list[Point]:
    lists = {name: value if isinstance(value, list) else [value] for name, value in axes.items()}
    count = math.prod(len(values) for values in lists.values())
    if count > MOST_POINTS:
        raise InputError(f"The grid has {count} points, more than {MOST_POINTS}", where=where)
    return [dict(zip(lists, values, strict=True)) for values in itertools.product(*lists.values())]


def _check_finite(point: Point, where: str) -> None:
    for name, value in point.items():
        if is_not_finite(value):
            raise InputError(
                f"{name} is {value!s:.40}", where=where, why="It is not a number that can be calculated with."
            )
