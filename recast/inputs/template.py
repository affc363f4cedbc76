"""A template of inputs: YAML with everything that a version takes, explained in comments."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from recast.inputs.schema import followed
from recast.inputs.wording import bounds_words, kind_words, unit_of
from recast.json_types import JsonObject
from recast.terminal_safe import visible

__all__ = ["template"]

_WIDTH = 100
_EMPTY = {"array": [], "boolean": False, "integer": 0, "null": None, "number": 0.0, "object": {}, "string": ""}


def template(schema: JsonObject, whose: str, example: JsonObject | None = None) -> str:
    """Return YAML to fill in. Required inputs are included, optional ones are commented out.

    With an `example`, its inputs are included as well, so the file is complete. Values are those of `example`, else
    defaults, else the schema's own examples; what has none of them is empty and marked with `FILL IN`.
    """
    root = followed(schema, schema) or {}
    required = set(root.get("required", ()))
    lines = [f"# Inputs of {whose}. Use them: recast run {whose} --inputs THIS-FILE", ""]
    properties = {key: followed(part, schema) or {} for key, part in root.get("properties", {}).items()}
    for key, part in sorted(properties.items(), key=lambda item: item[0] not in required):
        items = followed(part.get("items"), schema)
        whole = {**part, "items": items} if items is not None else part
        stands = key in required or key in (example or {})
        lines += [*_about(whole, key in required), *_value(key, whole, stands, example or {}), ""]
    for key in sorted((example or {}).keys() - properties.keys()):
        lines += [*_value(key, {}, True, example or {}), ""]
    return "\n".join(lines)


def _about(schema: JsonObject, required: bool) -> Iterator[str]:
    unit, bounds = unit_of(schema), bounds_words(schema)
    words = [kind_words(schema), f"in {unit}" if unit else "", bounds, "required" if required else "optional"]
    yield from _comment("; ".join(word for word in words if word))
    yield from _comment(str(schema.get("description") or schema.get("title") or ""))


def _value(key: str, schema: JsonObject, stands: bool, example: JsonObject) -> Iterator[str]:
    import yaml

    value, known = _chosen(key, schema, example)
    text = yaml.safe_dump({key: value}, sort_keys=False, allow_unicode=True, width=_WIDTH).rstrip()
    lines = text.split("\n")
    if not known:
        lines[0] += "   # FILL IN"
    yield from lines if stands else (f"# {line}" for line in lines)


def _chosen(key: str, schema: JsonObject, example: JsonObject) -> tuple[Any, bool]:
    """Return a value to begin with, and whether it is more than a place to fill in."""
    if key in example:
        return example[key], True
    if "default" in schema:
        return schema["default"], True
    if schema.get("examples"):
        return schema["examples"][0], True
    if "enum" in schema:
        return schema["enum"][0], True
    if schema.get("format") == "file":
        return "path/to/file", False
    kinds = schema.get("type", "string")
    return _EMPTY.get(kinds[0] if isinstance(kinds, list) else kinds, ""), False


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(visible(" ".join(text.split()), None), _WIDTH):
        yield f"# {line}"
