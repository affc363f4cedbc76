"""Inputs that are lists, in a table of points: `masses[0]`, `masses[1]`, a cell `[1600, 400]`, or named columns."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from recast.errors import InputError
from recast.json_types import JsonDict, JsonObject, JsonValue

__all__ = ["flat", "inputs_of"]

_ITEM = re.compile(r"(?P<name>.+)\[(?P<index>0|[1-9][0-9]{0,3})\]")


def flat(points: Sequence[JsonObject]) -> list[JsonDict]:
    """Return the points with each list of plain values that has the same length in all points as columns `name[0]`,
    `name[1]`.
    """
    lists = [name for name in (points[0] if points else ()) if _is_plain_list([point.get(name) for point in points])]
    return [
        {
            key: item
            for name, value in point.items()
            for key, item in ([(f"{name}[{i}]", v) for i, v in enumerate(value)] if name in lists else [(name, value)])
        }
        for point in points
    ]


def _is_plain_list(values: Sequence[JsonValue]) -> bool:
    if not all(isinstance(value, list) and value for value in values) or len({len(value) for value in values}) != 1:
        return False
    return not any(isinstance(item, (dict, list)) for value in values for item in value)


def inputs_of(point: JsonObject, known: Collection[str] | None, columns: Mapping[str, Sequence[str]]) -> JsonDict:
    """Return the inputs from a point's columns; `known` are the names of all inputs, None if any name may be one.

    `columns` are those that fill an input which is a list. Raises InputError for a list with a gap, or given twice.
    """
    found = {name: value for name, value in point.items() if known is None or name in known}
    for name, items in _lists(point, known).items():
        if name in found:
            raise InputError(f"{name!r} is given as a whole and item by item", where=f"columns {name}, {name}[0]")
        gap = next((index for index in range(len(items)) if index not in items), None)
        if gap is not None:
            raise InputError(f"The column {name}[{gap}] is missing", where=f"columns {name}[...]",
                             why="A list has items 0, 1, and so on, without a gap.")  # fmt: skip
        found = {key: value for key, value in found.items() if not key.startswith(f"{name}[")}
        found[name] = [items[index] for index in range(len(items))]
    for name, parts in columns.items():
        if name not in found and all(part in point for part in parts):
            found = {key: value for key, value in found.items() if key not in parts}  # these are items, not inputs
            found[name] = [point[part] for part in parts]
    return found


def _lists(point: JsonObject, known: Collection[str] | None) -> dict[str, dict[int, JsonValue]]:
    lists = dict[str, dict[int, JsonValue]]()
    for column, value in point.items():
        match = _ITEM.fullmatch(column)
        if match and (known is None or (column not in known and match["name"] in known)):
            lists.setdefault(match["name"], {})[int(match["index"])] = value
    return lists
