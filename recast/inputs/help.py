"""A schema of inputs as rows of a table: one per value that can be given, including inside maps and lists."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from recast.inputs.schema import followed
from recast.inputs.wording import bounds_words, kind_words, unit_of
from recast.json_types import JsonDict, JsonObject

__all__ = ["COLUMNS", "input_rows"]

COLUMNS = ("input", "type", "required", "unit", "allowed", "default", "description")

_DEEPEST = 8
MOST_ROWS = 2000
"""The most rows; a schema with cyclic references has infinitely many."""


def input_rows(schema: JsonObject) -> list[JsonDict]:
    """Return a row for each input: `input` is its name, such as `cuts.met` or `points[]`; `examples` is a list.

    `default` is absent where there is none.
    """
    return list(islice(_rows(schema, schema, "", 0), MOST_ROWS))


def _rows(part: JsonObject, root: JsonObject, above: str, depth: int) -> Iterator[JsonDict]:
    schema = followed(part, root) or {}
    needed = set(schema.get("required", ()))
    for key, item in schema.get("properties", {}).items():
        inner = followed(item, root) or {}
        name = f"{above}.{key}" if above else key
        yield _row(name, _whole(inner, root), required=key in needed)
        yield from _inside(inner, root, name, depth)


def _inside(schema: JsonObject, root: JsonObject, name: str, depth: int) -> Iterator[JsonDict]:
    """Yield rows for what a map or a list of maps holds; for a list of plain values one row if it says more."""
    if depth >= _DEEPEST:
        return
    yield from _rows(schema, root, name, depth + 1)
    items = followed(schema.get("items"), root)
    if items is None:
        return
    if items.get("properties"):
        yield from _rows(items, root, f"{name}[]", depth + 1)
    elif bounds_words(items) or items.get("pattern") or items.get("description"):
        yield _row(f"{name}[]", items, required=False)


def _whole(schema: JsonObject, root: JsonObject) -> JsonDict:
    """Return a schema with that of its items in place of a reference."""
    items = followed(schema.get("items"), root)
    return {**schema, "items": items} if items is not None else dict(schema)


def _row(name: str, schema: JsonObject, *, required: bool) -> JsonDict:
    pattern = schema.get("pattern")
    bounds = ", ".join(part for part in (bounds_words(schema), f"pattern {pattern}" if pattern else "") if part)
    row = {
        "input": name,
        "type": kind_words(schema),
        "required": required,
        "unit": unit_of(schema),
        "allowed": bounds,
        "description": " ".join(str(schema.get("description") or schema.get("title") or "").split()),
        "examples": list(schema.get("examples", ())),
    }
    return row | ({"default": schema["default"]} if "default" in schema else {})
