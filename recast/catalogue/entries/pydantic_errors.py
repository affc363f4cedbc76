"""Turn pydantic's errors on a document into an EntryError: file, line, key, and the key that was probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from recast.errors import EntryError
from recast.json_types import JsonDict
from recast.spec.source import Document, segment
from recast.suggest import closest

__all__ = ["entry_error", "place"]

_SHOWN = 5


def entry_error(problem: ValidationError, document: Document, model: type[BaseModel], next_step: str) -> EntryError:
    """Return one error for all faults: the first in full, the others in one line each."""
    found = problem.errors(include_url=False, include_context=False)
    faults = sorted((fault for fault in found if fault["loc"][-1:] != ("int",)), key=_unknown_first)
    lines = [f"{place(document, fault['loc'])}: {_message(fault, model)}" for fault in faults]
    count = "" if len(faults) == 1 else f" ({len(faults)} faults)"
    return EntryError(
        f"The catalogue entry is invalid: {_message(faults[0], model)}{count}",
        where=place(document, faults[0]["loc"]),
        why="\n".join(lines[1 : _SHOWN + 1]),
        next_step=next_step,
    )


def place(document: Document, location: Sequence[str | int]) -> str:
    """Return file:line and key of the deepest part of a location that exists in the file."""
    pointer, found = "", ""
    for part in location:
        pointer = f"{pointer}/{segment(part)}"
        if pointer in document.lines:
            found = pointer
    # What pydantic adds (the branch of a union, "[key]") is not in the file; for a missing key, its parent is.
    return str(document.position(found)) if found else f"{document.file}:1 /"


def _unknown_first(fault: Any) -> bool:
    """Sort unknown keys first: a mistyped key also makes the right one missing."""
    return bool(fault["type"] != "extra_forbidden")


def _message(fault: Any, model: type[BaseModel]) -> str:
    *above, key = fault["loc"] or ("entry",)
    if fault["type"] == "extra_forbidden":
        known = closest(str(key), _keys(model, fault["loc"][:-1]), 1)
        return f"unknown key {key!r}" + (f", did you mean {known[0]!r}?" if known else "")
    if fault["type"] == "missing":
        return f"the key {key!r} is missing"
    given = f", not {fault['input']!r:.60}" if isinstance(fault["input"], (str, int, float, bool, type(None))) else ""
    if key == "float" and above:  # a union of integers and other numbers; what is not a number is neither
        return f"{above[-1]}: Input should be a finite number{given}"
    told = "Input should be a map of keys" if fault["type"] == "model_type" else fault["msg"]
    return f"{key}: {told.removeprefix('Value error, ')}{given}"


def _keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys that are allowed at a location of a document."""
    at: Any = model
    for part in location:
        fields = _fields(at)
        at = fields[part] if isinstance(part, str) and part in fields else _inner(at)
    return list(_fields(at))


def _fields(model: Any) -> JsonDict:
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in model.model_fields.items()}


def _inner(annotation: Any) -> Any:
    """Return the type of a list's or map's items."""
    inside = [item for item in get_args(annotation) if item is not type(None)]
    return inside[-1] if inside else None
