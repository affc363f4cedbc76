"""Documents of strangers, and those that older versions wrote, as values that a page can rely on. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from recast.json_types import JsonDict, JsonValue, is_finite
from recast.moments import moment

__all__ = ["compact", "cut", "items_of", "mapping", "moment_of", "text", "texts"]


def text(value: JsonValue, most: int = 300) -> str:
    """Return a text of at most so many characters; a number as it is written, nothing for anything else."""
    if isinstance(value, str):
        return cut(value, most)
    if not is_finite(value):
        return ""
    return cut(f"{value:g}" if isinstance(value, float) else str(value), most)


def texts(value: JsonValue, most_items: int = 50, most: int = 300) -> list[str]:
    """Return the texts in a list, without those that are empty; one text is a list of itself."""
    found = value if isinstance(value, (list, tuple)) else [value]
    return [it for it in (text(item, most) for item in found[:most_items]) if it]


def mapping(value: JsonValue) -> JsonDict:
    """Return an object of JSON; an empty one for anything else."""
    return {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}


def items_of(value: JsonValue) -> list[JsonDict]:
    """Return the objects in a list."""
    return [mapping(item) for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def compact(value: JsonValue, most: int = 200) -> str:
    """Return a value as one line of JSON, a text as it is, cut if it is long."""
    return cut(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), most)


def moment_of(seconds: JsonValue) -> str:
    """Return a time in seconds since 1970 as text; nothing for what is no such time."""
    try:
        return moment(seconds) if is_finite(seconds) and seconds > 0 else ""
    except (OverflowError, OSError, ValueError):
        return ""


def cut(value: Any, most: int) -> str:
    """Return a text, with an ellipsis in place of what is beyond so many characters."""
    whole = str(value)
    return whole if len(whole) <= most else f"{whole[:most].rstrip()}…"
