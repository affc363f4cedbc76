"""Describe a JSON Schema as text: the kind of value, its bounds, its unit."""

from __future__ import annotations

import json
from collections.abc import Mapping

from recast.counted import counted
from recast.json_types import JsonObject, JsonValue

__all__ = ["allowed_words", "bounds_words", "kind_words", "shown", "unit_of"]

_KINDS = {
    "array": "list", "boolean": "yes or no", "integer": "whole number", "null": "nothing", "number": "number",
    "object": "map", "string": "text",
}  # fmt: skip
_LONGEST_SHOWN = 80
_MOST_CHOICES = 12


def kind_words(schema: JsonObject) -> str:
    """Return the kind of value in a word or two: `number`, `list of texts`, `file`, `one of 3 choices`."""
    if schema.get("format") == "file":
        return "file"
    if "enum" in schema or "const" in schema:
        return "choice"
    kinds = schema.get("type")
    if isinstance(kinds, list):
        return " or ".join(_KINDS.get(kind, str(kind)) for kind in kinds)
    items = schema.get("items")
    if kinds == "array" and isinstance(items, Mapping) and ("type" in items or "format" in items or "enum" in items):
        return f"list of {_plural(kind_words(items))}"
    if kinds is None:
        parts = [part for word in ("anyOf", "oneOf") for part in schema.get(word, ())]
        return " or ".join(dict.fromkeys(kind_words(part) for part in parts if isinstance(part, Mapping))) or "anything"
    return _KINDS.get(kinds, str(kinds))


def unit_of(schema: JsonObject) -> str:
    """Return the unit of a value (`x-recast: {unit: GeV}`), also that of a list's items; empty if there is none."""
    own = schema.get("x-recast", {})
    unit = own.get("unit", "") if isinstance(own, Mapping) else ""
    items = schema.get("items")
    return str(unit) if unit or not isinstance(items, Mapping) else unit_of(items)


def bounds_words(schema: JsonObject) -> str:
    """Return the bounds of a value: `100 to 3000`, `more than 0`, `1 or more, all different`, `a, b or c`."""
    if "const" in schema:
        return shown(schema["const"])
    if "enum" in schema:
        choices = [shown(value) for value in schema["enum"]]
        more = f" ({len(choices) - _MOST_CHOICES} more)" if len(choices) > _MOST_CHOICES else ""
        return ", ".join(choices[:_MOST_CHOICES]) + more
    words = [_range(schema.get("minimum"), schema.get("maximum"))]
    words.append(_named("more than", schema.get("exclusiveMinimum")))
    words.append(_named("less than", schema.get("exclusiveMaximum")))
    words.append(_named("a multiple of", schema.get("multipleOf")))
    words.append(_counted(schema.get("minItems"), schema.get("maxItems"), "item"))
    words.append(_counted(schema.get("minLength"), schema.get("maxLength"), "character"))
    words.append("all different" if schema.get("uniqueItems") else "")
    most_bytes = schema.get("x-recast", {}).get("max_bytes")
    words.append(f"at most {most_bytes} bytes" if most_bytes else "")
    return ", ".join(word for word in words if word)


def allowed_words(schema: JsonObject) -> str:
    """Return what a location takes in one line: kind, bounds, unit, description and an example."""
    bounds, unit = bounds_words(schema), unit_of(schema)
    takes = " ".join(
        part for part in (kind_words(schema), f"({bounds})" if bounds else "", f"in {unit}" * bool(unit)) if part
    )
    examples = schema.get("examples", ())
    described = str(schema.get("description", "")).strip()
    example = f"Example: {shown(examples[0])}" if examples else ""
    return " ".join(part for part in (f"Takes: {takes}.", described, example) if part)


def shown(value: JsonValue) -> str:
    """Return a value as one line of JSON, cut if it is long; texts bare if that is clear."""
    plain = isinstance(value, str) and value and value == value.strip() and value.isprintable()
    text = str(value) if plain else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _plural(word: str) -> str:
    return {"yes or no": "yes or no", "anything": "anything", "list": "lists"}.get(word, f"{word}s")


def _named(words: str, value: JsonValue) -> str:
    return f"{words} {shown(value)}" if value is not None else ""


def _range(least: JsonValue, most: JsonValue) -> str:
    if least is not None and most is not None:
        return f"{shown(least)} to {shown(most)}"
    return _named("at least", least) or _named("at most", most)


def _counted(least: JsonValue, most: JsonValue, what: str) -> str:
    if least is not None and least == most:
        return counted(least, what) if isinstance(least, int) else f"{least} {what}s"
    words = _range(least, most)
    return f"{words} {what}{'s' * ((most or least) != 1)}" if words else ""
