"""The types of results as tables, from their JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recast.results.types import RESULT_TYPES, schema

__all__ = ["schema_tables"]


def schema_tables() -> str:
    """Return a section for each type of result, as Markdown (MyST): its keys, then its schema."""
    return "\n".join(line for name in sorted(RESULT_TYPES) for line in _section(name, schema(name)))


def _section(name: str, document: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"## {name}", "", f"{document['title']}.", "")
    yield from ("| key | type | what |", "|---|---|---|", *_rows(document, ""), "")
    yield from ("<details><summary>JSON Schema</summary>", "", "```json", json.dumps(document, indent=1), "```", "")
    yield from ("</details>", "")


def _rows(document: Mapping[str, Any], before: str) -> Iterator[str]:
    required = set(document.get("required", ()))
    for key, item in document["properties"].items():
        path = f"{before}{key}"
        what = item.get("description", "") or item.get("title", "")
        needed = "" if key in required or before else "Optional. "
        yield f"| `{path}` | {_kind(item)} | {needed}{what} |".replace("  ", " ")
        inner = item.get("items", {}) if item.get("type") == "array" else item
        if isinstance(inner, Mapping) and "properties" in inner:
            yield from _rows(inner, f"{path}[]." if inner is not item else f"{path}.")


def _kind(item: Mapping[str, Any]) -> str:
    """Return the type of a value in words."""
    if "const" in item:
        return f"`{json.dumps(item['const'])}`"
    if "enum" in item:
        return " or ".join(f"`{json.dumps(value)}`" for value in item["enum"])
    if "oneOf" in item:
        return ", or ".join(_kind(one) for one in sorted(item["oneOf"], key=lambda one: one.get("type") == "null"))
    kinds = item.get("type", "any")
    if kinds == "array":
        count = f"{item['minItems']} " if item.get("minItems") == item.get("maxItems") and "minItems" in item else ""
        inner = _kind(item["items"]) if "items" in item else "any"
        return f"list of {count}{inner}"
    return " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
