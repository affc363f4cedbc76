"""The points of a request as people write them: a list, a grid with named axes, a CSV; all become one list."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from recast.desk.model import Point
from recast.desk.values import fault_of_name, fault_of_scalar, fault_of_value
from recast.json_types import JsonDict, JsonObject

__all__ = ["MOST_AXES", "MOST_POINTS", "read_points"]

MOST_POINTS = 2000
MOST_AXES = 8


def read_points(document: JsonObject, faults: list[str]) -> tuple[tuple[str, ...], tuple[Point, ...]]:
    """Return the axes and the points of a document, without ids; everything that is wrong is added to `faults`.

    `axes` is a list of names, or a grid: `{m_gluino: [1000, 1200], m_lsp: [100, 200]}` stands for the four points of
    all combinations, the last axis fastest. `points` and `csv` add to them.
    """
    axes = document.get("axes") or []
    names = _axis_names(axes, faults)
    found = [*_of_grid(axes, faults), *_of_csv(document.get("csv"), faults), *_of_list(document.get("points"), faults)]
    if len(found) > MOST_POINTS:
        faults.append(f"`points` are {len(found)}, more than {MOST_POINTS}")
        return names, ()
    points = tuple(point for number, raw in enumerate(found, 1) if (point := _read(raw, number, faults)))
    _check_axes(names, points, faults)
    _check_twins(points, faults)
    return names, points


def _axis_names(axes: Any, faults: list[str]) -> tuple[str, ...]:
    names: list[Any] = list(axes) if isinstance(axes, (list, tuple, Mapping)) else [None]
    if len(names) > MOST_AXES or any(map(fault_of_name, names)) or len({*names}) < len(names):
        faults.append(f"`axes` are at most {MOST_AXES} different names of coordinates, or each with its values")
        return ()
    return tuple(names)


def _of_grid(axes: Any, faults: list[str]) -> list[Any]:
    if not isinstance(axes, Mapping) or len(axes) > MOST_AXES:
        return []
    size = 1
    for name, values in axes.items():
        if not isinstance(values, (list, tuple)) or not values:
            faults.append(f"`axes.{name!s:.40}` is not a list of values")
            return []
        size *= len(values)
    if size > MOST_POINTS:
        faults.append(f"`axes` stand for {size} points, more than {MOST_POINTS}")
        return []
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def _of_list(points: Any, faults: list[str]) -> list[Any]:
    if points is None:
        return []
    if not isinstance(points, (list, tuple)):
        faults.append("`points` is not a list")
        return []
    return list(points)


def _of_csv(text: Any, faults: list[str]) -> list[Any]:
    """The rows of a CSV: a column is a coordinate, or with the prefix `inputs.` an input."""
    if text is None:
        return []
    if not isinstance(text, str):
        faults.append("`csv` is not a text")
        return []
    try:
        rows = csv.reader(text.splitlines(), strict=True)
        header = [name.strip() for name in next(rows, [])]
        return [_row(header, row) for row in itertools.islice(rows, MOST_POINTS + 1) if row]
    except (csv.Error, ValueError) as problem:
        faults.append(f"`csv`: {problem!s:.100}")
        return []


def _row(header: list[str], row: list[str]) -> JsonDict:
    if len(row) != len(header) or len({*header}) < len(header):
        raise ValueError(f"a row has {len(row)} cells under {len(header)} different names: {','.join(row):.60}")
    cells = {name: _number(cell.strip()) for name, cell in zip(header, row, strict=True)}
    inputs = {name.removeprefix("inputs."): value for name, value in cells.items() if name.startswith("inputs.")}
    return {"coordinates": {k: v for k, v in cells.items() if not k.startswith("inputs.")}, "inputs": inputs}


def _number(cell: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell


def _read(raw: Any, number: int, faults: list[str]) -> Point | None:
    if not isinstance(raw, Mapping) or not raw:
        faults.append(f"point {number} is not an object with `coordinates` and `inputs`")
        return None
    if "coordinates" not in raw and "inputs" not in raw:
        raw = {"coordinates": raw}
    if unknown := [key for key in raw if key not in ("id", "coordinates", "inputs")]:
        faults.append(f"point {number}: there is no `{unknown[0]!s:.40}` in a point")
    coordinates, inputs = raw.get("coordinates") or {}, raw.get("inputs") or {}
    if not isinstance(coordinates, Mapping) or not isinstance(inputs, Mapping):
        faults.append(f"point {number}: `coordinates` and `inputs` are objects")
        return None
    told = [*_of_coordinates(coordinates), *_of_inputs(inputs)]
    faults.extend(f"point {number}: {fault}" for fault in told)
    return None if told else Point("", dict(coordinates), dict(inputs))


def _of_coordinates(coordinates: JsonObject) -> Iterator[str]:
    for name, value in coordinates.items():
        if fault := fault_of_name(name):
            yield f"the name of a coordinate {fault}"
        elif fault := fault_of_scalar(value):
            yield f"`{name}` {fault}"


def _of_inputs(inputs: JsonObject) -> Iterator[str]:
    for name, value in inputs.items():
        if fault := fault_of_name(name):
            yield f"the name of an input {fault}"
        elif fault := fault_of_value(value):
            yield f"the input `{name}` {fault}"


def _check_axes(names: tuple[str, ...], points: tuple[Point, ...], faults: list[str]) -> None:
    for number, point in enumerate(points, 1):
        if missing := [name for name in names if name not in point.coordinates]:
            faults.append(f"point {number} has no coordinate `{missing[0]}`, which is an axis")


def _check_twins(points: tuple[Point, ...], faults: list[str]) -> None:
    seen: dict[str, int] = {}
    for number, point in enumerate(points, 1):
        first = seen.setdefault(repr((_alike(point.coordinates), _alike(point.inputs))), number)
        if first != number:
            faults.append(f"point {number} is the same as point {first}")


def _alike(values: JsonObject) -> list[tuple[str, Any]]:
    """Return values so that equal ones look the same: 500 and 500.0, 0 and -0.0 are one number."""
    whole = {name: int(it) for name, it in values.items() if isinstance(it, float) and it.is_integer()}
    return sorted({**values, **whole}.items(), key=lambda pair: pair[0])
