"""Many points as one text: a table as spreadsheets and `request.yml` have it, or YAML for what none can say. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from recast.desk.cells import cell_of, is_alike
from recast.desk.faults import Fault, told
from recast.desk.model import Point
from recast.desk.points import INPUT_COLUMN, read_points
from recast.errors import InputError, SpecError
from recast.inputs.numbers import refuse_odd_bases
from recast.json_types import JsonDict, JsonValue
from recast.spec.source import parse

__all__ = ["as_table", "as_yaml", "columns_of", "in_commas", "points_in", "read_yaml"]

_SIGNS = "\t;"


def columns_of(points: Iterable[Point], first: Sequence[str] = ()) -> list[tuple[str, str]]:
    """Return the columns that points need, `coordinates` before `inputs`, each with its name; `first` come first."""
    points = list(points)
    known = [name for name in first if any(name in point.coordinates for point in points)]
    coordinates = dict.fromkeys([*known, *(name for point in points for name in point.coordinates)])
    inputs = dict.fromkeys(name for point in points for name in point.inputs)
    return [*(("coordinates", name) for name in coordinates), *(("inputs", name) for name in inputs)]


def as_table(points: Sequence[Point], first: Sequence[str] = ()) -> str:
    """Return points as CSV if that says all of them, else as a list in YAML; `points_in` reads both."""
    columns = columns_of(points, first)
    if not points:
        return ""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([f"{INPUT_COLUMN * (of == 'inputs')}{name}" for of, name in columns])
    for point in points:
        values = ((getattr(point, of), name) for of, name in columns)
        writer.writerow([cell_of(held[name]) if name in held else "" for held, name in values])
    return text.getvalue() if _says(text.getvalue(), points) else as_yaml([_plain(point) for point in points])


def points_in(text: str) -> tuple[Point, ...]:
    """Return the points of a text; raise InputError with its faults."""
    faults: list[Fault] = []
    document = {"points": read_yaml(text)} if _is_yaml(text) else {"csv": in_commas(text)}
    _, points = read_points(document, faults)
    if faults:
        error = InputError("The table cannot be read", why="\n".join(it.what for it in faults[:20]))
        error.faults = told(faults)
        raise error
    return points


def in_commas(text: str) -> str:
    """Return a table with commas, if it has tabs or semicolons; empty lines and comments are left out."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    sign = next((sign for sign in _SIGNS if lines and sign in lines[0]), "")
    if not sign:
        return "\n".join(lines)
    found = io.StringIO()
    try:
        csv.writer(found, lineterminator="\n").writerows(csv.reader(lines, delimiter=sign, strict=True))
    except csv.Error as problem:
        raise InputError("The table cannot be read", why=str(problem)) from None
    return found.getvalue()


def read_yaml(text: str) -> Any:
    """Return the value of YAML or JSON as `request.yml` is read; raise InputError."""
    try:
        value = parse(text, "the text").value
    except SpecError as problem:
        raise InputError(problem.what, where=problem.where, why=problem.why, code="request.invalid") from problem
    refuse_odd_bases(text, "the text")
    return value


def as_yaml(value: JsonValue) -> str:
    """Return a value as YAML; everything in it is told from what is like it."""
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes what stands twice twice."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    return str(yaml.dump(value, Dumper=Plain, sort_keys=False, allow_unicode=True, width=100))


def _is_yaml(text: str) -> bool:
    return text.lstrip().startswith(("- ", "-\n", "[", "{"))


def _says(text: str, points: Sequence[Point]) -> bool:
    try:
        read = points_in(text)
    except InputError:
        return False
    return len(read) == len(points) and all(
        _same(one.coordinates, other.coordinates) and _same(one.inputs, other.inputs)
        for one, other in zip(read, points, strict=True)
    )


def _same(one: Any, other: Any) -> bool:
    """Return whether two maps say the same, in whatever order."""
    return one.keys() == other.keys() and all(is_alike(one[key], other[key]) for key in one)


def _plain(point: Point) -> JsonDict:
    inputs = {"inputs": dict(point.inputs)} if point.inputs else {}
    return {"coordinates": dict(point.coordinates), **inputs}
