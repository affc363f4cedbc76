"""What a version changed of the one before it: inputs, results, images, numbers to reproduce. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recast.json_types import JsonDict, JsonObject

__all__ = ["compared"]

_MOST_NAMES = 60


def compared(before: JsonObject, after: JsonObject) -> JsonDict:
    """Return what the record of a version has in another way than that of the version before it.

    For each of `inputs`, `results`, `images` and `numbers`, the names that were `added`, `removed` and `changed`;
    what has not changed is left out.
    """
    found = {
        "inputs": _differences(_properties(before), _properties(after)),
        "results": _differences(_named(before.get("results"), "name"), _named(after.get("results"), "name")),
        "images": _differences(_named(before.get("images"), "image"), _named(after.get("images"), "image")),
        "numbers": _differences(_numbers(before), _numbers(after)),
    }
    return {"from": before.get("version"), **{name: told for name, told in found.items() if told}}


def _differences(before: JsonObject, after: JsonObject) -> JsonDict:
    found = {
        "added": [name for name in after if name not in before],
        "removed": [name for name in before if name not in after],
        "changed": [name for name in after if name in before and before[name] != after[name]],
    }
    told: JsonDict = {word: names[:_MOST_NAMES] for word, names in found.items() if names}
    more = sum(max(0, len(names) - _MOST_NAMES) for names in found.values())
    return {**told, **({"more": more} if more else {})}


def _properties(version: JsonObject) -> JsonObject:
    """Return each input with its schema, and whether it is needed."""
    schema = version.get("inputs")
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    needed = schema.get("required") if isinstance(schema, Mapping) else None
    needed = needed if isinstance(needed, (list, tuple)) else ()
    return {name: [it, name in needed] for name, it in found.items()} if isinstance(found, Mapping) else {}


def _numbers(version: JsonObject) -> JsonObject:
    """Return each number to reproduce as it is published: not what came of it."""
    evidence = version.get("evidence")
    items = _named(evidence.get("items") if isinstance(evidence, Mapping) else None, "name")
    known = ("published", "kind", "tolerance", "quantity", "point", "documented")
    return {name: [it.get(key) for key in known] for name, it in items.items()}


def _named(found: object, key: str) -> dict[str, JsonObject]:
    items: Iterable[object] = found if isinstance(found, (list, tuple)) else ()
    return {str(it[key]): it for it in items if isinstance(it, Mapping) and it.get(key)}
