"""Values as the cells of a table: what a cell says, and the cell that says a value. Forms and CSV have the same."""

from __future__ import annotations

import json

from recast.json_types import JsonValue
from recast.strictjson import parse_json
from recast.terminal_safe import json_visible, visible

__all__ = ["cell_of", "is_alike", "value_of"]

_WORDS = {"true": True, "false": False, "null": None}
_BEGINS = ('"', "[", "{")


def value_of(cell: str) -> JsonValue:
    """Return what a cell says: a number, `true`, `false`, `null`, a list, a map or a text in quotes as JSON has them;
    else the text that it is.
    """
    text = cell.strip()
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    if text in _WORDS:
        return _WORDS[text]
    if text.startswith(_BEGINS):
        try:
            return parse_json(text)
        except ValueError:
            return text
    return text


def cell_of(value: JsonValue) -> str:
    """Return the cell that says a value, as one line without invisible characters; `value_of` reads it."""
    if isinstance(value, str) and value and visible(value, None, keep="") == value and is_alike(value_of(value), value):
        return value
    return json_visible(json.dumps(value, ensure_ascii=False, default=str))


def is_alike(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two values are the same and of the same kind, down to their parts: 1, 1.0 and true are three."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(is_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_alike, one, other))
    return bool(one == other)
