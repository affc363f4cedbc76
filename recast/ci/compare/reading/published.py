"""The published values of an entry, by the pointers of quantities."""

from __future__ import annotations

from collections.abc import Sequence

from recast.ci.compare.quantity import Published
from recast.ci.compare.reading.numbers import number
from recast.ci.compare.reading.read import quantities
from recast.json_types import JsonObject

__all__ = ["published_values"]


def published_values(items: Sequence[JsonObject], results: Sequence[JsonObject], name: str) -> tuple[Published, ...]:
    """Return the published values that the validation items of an entry have for quantities of a run.

    `items` are those whose inputs are the run's, with `result`, `point`, `quantity` (a JSON pointer), `published` and
    `source`. An item that fits no result, or several, has none.
    """
    pointers = {one.source: one.pointer for one in quantities(results, name)}
    found = []
    for item in items:
        places = [index for index, row in enumerate(results) if _fits(item, row)]
        value = number(item.get("published"))
        pointer = pointers.get((places[0], str(item["quantity"]))) if len(places) == 1 else None
        if pointer is not None and value is not None:
            found.append(Published(pointer, value, number(item.get("error")), str(item.get("source", ""))))
    return tuple(found)


def _fits(item: JsonObject, row: JsonObject) -> bool:
    point = row.get("point") or {}
    return row["name"] == item["result"] and all(
        point.get(key) == value for key, value in item.get("point", {}).items()
    )
