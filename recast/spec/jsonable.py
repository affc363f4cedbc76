"""Restrict YAML to what JSON can represent: a run's record is JSON, and so is everything derived from it."""

from __future__ import annotations

from recast.errors import SpecError
from recast.json_types import JsonDict, JsonValue, is_finite
from recast.spec.model import Position
from recast.spec.source import Document, parse, segment

__all__ = ["json_key", "json_scalar", "read_json", "two_keys"]


def read_json(data: bytes | str, file: str) -> JsonValue:
    """Parse a YAML or JSON document from a step or a user; raise SpecError with file, line and value.

    Keys become strings, as in JSON. A date, a set, bytes, .nan, .inf and numbers beyond floats are refused.
    """
    document = parse(data, file)
    return _plain(document.value, "", document)


def _plain(value: JsonValue, pointer: str, document: Document) -> JsonValue:
    if isinstance(value, list):
        return [_plain(item, f"{pointer}/{index}", document) for index, item in enumerate(value)]
    if not isinstance(value, dict):
        return json_scalar(value, document.position(pointer))
    result: JsonDict = {}
    for key, item in value.items():
        child = f"{pointer}/{segment(key)}"
        name = json_key(key, document.position(child))
        if name in result:
            raise two_keys(name, document.position(child))
        result[name] = _plain(item, child, document)
    return result


def json_scalar(value: JsonValue, position: Position) -> JsonValue:
    """Return a value that is not a list or map; raise SpecError for one that JSON does not have."""
    if value is None or isinstance(value, (str, bool)) or is_finite(value):
        return value
    if isinstance(value, int):
        raise SpecError(
            f"A number {value!s:.20}... is larger than any that programs calculate with",
            where=str(position),
            why="The largest floating-point number is 1.8e308.",
            next_step="If it is a text, put it in quotes.",
            code="spec.not-json",
        )
    shown = str(value) if isinstance(value, float) else f"{value!s:.40} of type {type(value).__name__}"
    raise SpecError(
        f"A value {shown} cannot be written as JSON",
        where=str(position),
        why="YAML reads an unquoted 2020-01-31 as a date, and .nan and .inf as numbers that JSON does not have.",
        next_step="Put the value in quotes.",
        code="spec.not-json",
    )


def json_key(key: JsonValue, position: Position) -> str:
    """Return a key of a map as a JSON key; raise SpecError for one that JSON cannot represent."""
    if key is None or isinstance(key, (str, int, float)):
        return key if isinstance(key, str) else segment(key)
    raise SpecError(
        f"The key {key!s:.40} cannot be written as JSON",
        where=str(position),
        next_step="Put the key in quotes.",
        code="spec.not-json",
    )


def two_keys(name: str, position: Position) -> SpecError:
    """Return the error for two keys that are the same in JSON, such as 1 and "1"."""
    return SpecError(
        f"Two keys of one map become {name!r} in JSON",
        where=str(position),
        next_step="Quote one of the keys and rename it.",
        code="spec.not-json",
    )
