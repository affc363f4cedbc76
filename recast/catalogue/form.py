"""Check the structure of a version's untrusted configuration: every value has the type that the code relies on.

This does not use the pydantic models of an entry: each `recast run` reads a version, and importing pydantic takes
longer than everything else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from recast.catalogue.entries.declaring import applies_of, rules_of
from recast.images.reference import check_digest, parse_reference
from recast.json_types import JsonObject
from recast.results import RESULT_TYPES

__all__ = ["check_files", "check_form"]

LONGEST_NAME = 100
DEEPEST = 32
"""The most folders in which the files of a version may be."""
MOST_FOLDERS = 4096
LARGEST_SCHEMA = 1 << 20
DEEPEST_SCHEMA = 64
_LONGEST_PART = 255
_LONGEST_PATH = 1024

_Form = Callable[[Any], bool]


def check_form(config: Any) -> None:
    """Raise ValueError, naming the key, for a configuration without the expected structure."""
    _check(config, _CONFIG, "")
    applies_of(config)
    rules_of(config)
    if _depth(config["input_schema"]) > DEEPEST_SCHEMA or len(json.dumps(config["input_schema"])) > LARGEST_SCHEMA:
        raise ValueError("its schema of the inputs is too deep or too large")
    for name, digest in config["images"].items():
        parse_reference(name)
        check_digest(digest)
    for name, recipe in config.get("recipes", {}).items():
        parse_reference(name)
        check_digest(recipe["key"])
    if len(config["analysis"]) > LONGEST_NAME or len(config["version"]) > LONGEST_NAME:
        raise ValueError("its name or number is too long")


def check_files(paths: Iterable[str]) -> None:
    """Raise ValueError for files that cannot coexist, or need too many or too deep folders."""
    files: set[str] = set()
    folders: set[str] = set()
    for path in paths:
        parts = path.split("/")
        longest = max(len(part.encode()) for part in parts)
        if len(parts) - 1 > DEEPEST or len(path) > _LONGEST_PATH or longest > _LONGEST_PART:
            raise ValueError(f"the path {path[:80]!r} is too long or too deep")
        if path in files:
            raise ValueError(f"two files are called {path!r}")
        files.add(path)
        folders.update("/".join(parts[:depth]) for depth in range(1, len(parts)))
        if len(folders) > MOST_FOLDERS:
            raise ValueError(f"its files lie in more than {MOST_FOLDERS} folders")
    if both := sorted(files & folders):
        raise ValueError(f"{both[0]!r} is a file and a folder")


def _check(value: Any, form: _Form | JsonObject, where: str) -> None:
    """Compare a value with a form; keys of an object's form that end with `?` are optional."""
    if not isinstance(form, Mapping):
        if not form(value):
            raise ValueError(f"{where or '/'} is {value!r:.60}")
        return
    if not isinstance(value, dict):
        raise ValueError(f"{where or '/'} is not an object")
    for key, part in form.items():
        name = key.rstrip("?")
        if name in value:
            _check(value[name], part, f"{where}/{name}")
        elif name == key:
            raise ValueError(f"{where}/{name} is missing")


def _list_of(form: _Form | JsonObject) -> _Form:
    return lambda value: isinstance(value, list) and all(_fits(item, form) for item in value)


def _map_of(form: _Form | JsonObject) -> _Form:
    return lambda value: isinstance(value, dict) and all(_fits(item, form) for item in value.values())


def _or_none(form: _Form | JsonObject) -> _Form:
    return lambda value: value is None or _fits(value, form)


def _fits(value: Any, form: _Form | JsonObject) -> bool:
    try:
        _check(value, form, "")
    except ValueError:
        return False
    return True


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _axes(value: Any) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= 2 and all(map(_text, value))


def _object(value: Any) -> bool:
    return isinstance(value, dict)


def _number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 1e300 and math.isfinite(value)


def _one_of(*words: str) -> _Form:
    return lambda value: isinstance(value, str) and value in words


def _depth(document: Any) -> int:
    """Return the nesting depth of lists and objects; without recursion."""
    depth, layer = 0, [document]
    while layer:
        depth += 1
        inner = [it.values() if isinstance(it, dict) else it for it in layer if isinstance(it, (dict, list))]
        layer = [value for values in inner for value in values]
    return depth


_CONFIG: JsonObject = {
    "analysis": _text,
    "version": _text,
    "workflow": _text,
    "metadata": {
        "title": _text, "collaboration": _text, "abstract": _text, "authority": _text,
        "sqrts_tev": _number, "luminosity_inv_fb": _number,
        "references": _map_of(lambda value: value is None or isinstance(value, (str, int))),
        "final_states": _list_of(_text), "models": _list_of(_text),
        "changes?": _text, "cost?": _text, "validity?": _list_of(_text),
    },
    "input_schema": {
        "properties?": _map_of(lambda value: isinstance(value, bool) or _fits(value, {"description?": _text})),
        "required?": _list_of(_text),
    },
    "init": _map_of(_text),
    "examples": _map_of({"description": _text, "inputs": _object}),
    "results": _list_of({
        "name": _text, "type": _one_of(*RESULT_TYPES), "stage": _text, "output": _text, "title?": _text,
    }),
    "images": _map_of(_text),
    "recipes?": _map_of({"folder": _text, "key": _text, "size_mb?": _number, "minutes?": _number}),
    "validation": _list_of({
        "name": _text, "inputs": _object, "result": _text, "quantity": _text, "published": _number,
        "kind": _one_of("relative", "absolute", "agreement"), "tolerance": _number, "source": _text,
        "point?": _object, "documented?": _text,
    }),
    "scan?": _or_none({
        "over?": _or_none(_text), "value?": _text, "points?": _or_none(_text), "inputs?": _object,
        "axes": _axes, "other_axes?": _list_of(_axes), "slices?": _list_of(_text), "step?": _map_of(_number),
        "labels?": _map_of(_text), "columns?": _map_of(_list_of(_text)),
        "published?": _or_none({"result": _text, "curve": _text}),
    }),
}  # fmt: skip
