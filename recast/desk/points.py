"""The points of a request as people write them: a list, a grid with named axes, a CSV; all become one list."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recast.desk.cells import value_of
from recast.desk.faults import Fault, pointer
from recast.desk.model import Point
from recast.desk.values import fault_of_name, fault_of_scalar, fault_of_value
from recast.json_types import JsonDict, JsonObject

__all__ = ["INPUT_COLUMN", "MOST_AXES", "MOST_POINTS", "point_key", "read_points"]

MOST_POINTS = 2000
MOST_AXES = 8
INPUT_COLUMN = "inputs."
"""What the name of a column of a CSV begins with if it is an input."""


@dataclass(frozen=True, slots=True)
class _Said:
    """A point as it was written, and where in the document: in the grid and the CSV as a whole."""

    where: str
    raw: Any


def read_points(document: JsonObject, faults: list[Fault]) -> tuple[tuple[str, ...], tuple[Point, ...]]:
    """Return the axes and the points of a document, without ids; everything that is wrong is added to `faults`.

    `axes` is a list of names, or a grid: `{m_gluino: [1000, 1200], m_lsp: [100, 200]}` stands for the four points of
    all combinations, the last axis fastest. `points` and `csv` add to them.
    """
    axes = document.get("axes") or []
    names = _axis_names(axes, faults)
    found = [*_of_grid(axes, faults), *_of_csv(document.get("csv"), faults), *_of_list(document.get("points"), faults)]
    if len(found) > MOST_POINTS:
        faults.append(Fault("/points", f"`points` are {len(found)}, more than {MOST_POINTS}"))
        return names, ()
    read = [(said, _read(said, number, faults)) for number, said in enumerate(found, 1)]
    good = [(said.where, point) for said, point in read if point is not None]
    _check_axes(names, good, faults)
    _check_twins(good, faults)
    return names, tuple(point for _, point in good)


def _axis_names(axes: Any, faults: list[Fault]) -> tuple[str, ...]:
    names: list[Any] = list(axes) if isinstance(axes, (list, tuple, Mapping)) else [None]
    if len(names) > MOST_AXES or any(map(fault_of_name, names)) or len({*names}) < len(names):
        words = f"`axes` are at most {MOST_AXES} different names of coordinates, or each with its values"
        faults.append(Fault("/axes", words))
        return ()
    return tuple(names)


def _of_grid(axes: Any, faults: list[Fault]) -> list[_Said]:
    if not isinstance(axes, Mapping) or len(axes) > MOST_AXES:
        return []
    size = 1
    for name, values in axes.items():
        if not isinstance(values, (list, tuple)) or not values:
            faults.append(Fault(pointer("axes", name), f"`axes.{name!s:.40}` is not a list of values"))
            return []
        size *= len(values)
    if size > MOST_POINTS:
        faults.append(Fault("/axes", f"`axes` stand for {size} points, more than {MOST_POINTS}"))
        return []
    return [_Said("/axes", dict(zip(axes, values, strict=True))) for values in itertools.product(*axes.values())]


def _of_list(points: Any, faults: list[Fault]) -> list[_Said]:
    if points is None:
        return []
    if not isinstance(points, (list, tuple)):
        faults.append(Fault("/points", "`points` is not a list"))
        return []
    return [_Said(pointer("points", index), raw) for index, raw in enumerate(points)]


def _of_csv(text: Any, faults: list[Fault]) -> list[_Said]:
    """The rows of a CSV: a column is a coordinate, or with the prefix `inputs.` an input. Empty cells say nothing."""
    if text is None:
        return []
    if not isinstance(text, str):
        faults.append(Fault("/csv", "`csv` is not a text"))
        return []
    try:
        rows = csv.reader(text.splitlines(), strict=True)
        header = [name.strip() for name in next(rows, [])]
        return [_Said("/csv", _row(header, row)) for row in itertools.islice(rows, MOST_POINTS + 1) if row]
    except (csv.Error, ValueError) as problem:
        faults.append(Fault("/csv", f"`csv`: {problem!s:.100}"))
        return []


def _row(header: list[str], row: list[str]) -> JsonDict:
    if len(row) != len(header) or len({*header}) < len(header):
        raise ValueError(f"a row has {len(row)} cells under {len(header)} different names: {','.join(row):.60}")
    cells = {name: value_of(cell) for name, cell in zip(header, row, strict=True) if cell.strip()}
    inputs = {name.removeprefix(INPUT_COLUMN): it for name, it in cells.items() if name.startswith(INPUT_COLUMN)}
    return {"coordinates": {k: v for k, v in cells.items() if not k.startswith(INPUT_COLUMN)}, "inputs": inputs}


def _read(said: _Said, number: int, faults: list[Fault]) -> Point | None:
    raw = said.raw
    if not isinstance(raw, Mapping) or not raw:
        faults.append(Fault(said.where, f"point {number} is not an object with `coordinates` and `inputs`"))
        return None
    if "coordinates" not in raw and "inputs" not in raw:
        raw = {"coordinates": raw}
    if unknown := [key for key in raw if key not in ("id", "coordinates", "inputs")]:
        faults.append(Fault(said.where, f"point {number}: there is no `{unknown[0]!s:.40}` in a point"))
    coordinates, inputs = raw.get("coordinates") or {}, raw.get("inputs") or {}
    if not isinstance(coordinates, Mapping) or not isinstance(inputs, Mapping):
        faults.append(Fault(said.where, f"point {number}: `coordinates` and `inputs` are objects"))
        return None
    told = [*_of_coordinates(coordinates), *_of_inputs(inputs)]
    faults.extend(Fault(_inside(said, fault.where), f"point {number}: {fault.what}") for fault in told)
    return None if told else Point("", dict(coordinates), dict(inputs))


def _inside(said: _Said, where: str) -> str:
    """Return the place of a value: only a point of the list has places of its own."""
    return f"{said.where}{where}" if said.where.startswith("/points/") else said.where


def _of_coordinates(coordinates: JsonObject) -> Iterator[Fault]:
    for name, value in coordinates.items():
        if fault := fault_of_name(name):
            yield Fault(pointer("coordinates", name), f"the name of a coordinate {fault}")
        elif fault := fault_of_scalar(value):
            yield Fault(pointer("coordinates", name), f"`{name}` {fault}")


def _of_inputs(inputs: JsonObject) -> Iterator[Fault]:
    for name, value in inputs.items():
        if fault := fault_of_name(name):
            yield Fault(pointer("inputs", name), f"the name of an input {fault}")
        elif fault := fault_of_value(value):
            yield Fault(pointer("inputs", name), f"the input `{name}` {fault}")


def _check_axes(names: tuple[str, ...], points: list[tuple[str, Point]], faults: list[Fault]) -> None:
    for number, (where, point) in enumerate(points, 1):
        if missing := [name for name in names if name not in point.coordinates]:
            faults.append(Fault(where, f"point {number} has no coordinate `{missing[0]}`, which is an axis"))


def _check_twins(points: list[tuple[str, Point]], faults: list[Fault]) -> None:
    seen: dict[str, int] = {}
    for number, (where, point) in enumerate(points, 1):
        first = seen.setdefault(point_key(point), number)
        if first != number:
            faults.append(Fault(where, f"point {number} is the same as point {first}"))


def point_key(point: Point) -> str:
    """Return a text that is the same for points that are the same: none may be asked for twice."""
    return repr((_alike(point.coordinates), _alike(point.inputs)))


def _alike(values: JsonObject) -> list[tuple[str, Any]]:
    """Return values so that equal ones look the same: 500 and 500.0, 0 and -0.0 are one number."""
    whole = {name: int(it) for name, it in values.items() if isinstance(it, float) and it.is_integer()}
    return sorted({**values, **whole}.items(), key=lambda pair: pair[0])
