"""Helpers for a JSON Schema (2020-12) of inputs, whose `$ref` stay inside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recast.json_types import JsonDict, JsonObject, JsonValue

__all__ = ["followed", "schema_at", "with_defaults"]

_LONGEST_CHAIN = 32


def followed(schema: JsonValue, root: JsonObject) -> JsonDict | None:
    """Return a schema with its `$ref` followed, over which sibling keywords take precedence; None if it is not an
    object.
    """
    beside: JsonDict = {}
    for _ in range(_LONGEST_CHAIN):
        if not isinstance(schema, Mapping):
            return None
        beside = {**schema, **beside}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            break
        schema = _resolved(reference, root)
    return {key: value for key, value in beside.items() if key != "$ref"}


def schema_at(root: JsonObject, keys: Iterable[str | int]) -> JsonDict:
    """Return the schema of a location in the inputs, empty if there is none.

    A location without a description gets that of the nearest parent.
    """
    here: JsonValue = root
    words = ""
    for depth, key in enumerate(keys):
        schema = followed(here, root) or {}
        if isinstance(key, int):
            first = schema.get("prefixItems", ())
            here = first[key] if key < len(first) else schema.get("items")
        else:
            here = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        words = schema.get("description", words) if depth else ""
    found = followed(here, root) or {}
    return {"description": words, **found} if words else found


def with_defaults(inputs: JsonObject, schema: JsonObject) -> JsonDict:
    """Return inputs with the defaults of the schema for the keys that are not given."""
    properties = (followed(schema, schema) or {}).get("properties", {})
    known = {key: followed(part, schema) or {} for key, part in properties.items()}
    return {**{key: part["default"] for key, part in known.items() if "default" in part}, **inputs}


def _resolved(reference: str, root: JsonObject) -> JsonValue:
    here: JsonValue = root
    for part in reference.removeprefix("#").split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        here = here.get(name) if isinstance(here, Mapping) else None
    return here
