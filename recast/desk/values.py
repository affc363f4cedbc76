"""Values from outside: what is wrong with them, in words; an empty text if nothing is."""

from __future__ import annotations

from collections.abc import Mapping

from recast.desk.asking import fault_of_text
from recast.json_types import is_finite

__all__ = ["MOST_DEPTH", "fault_of_name", "fault_of_scalar", "fault_of_value"]

MOST_DEPTH = 8
_LONGEST_NAME = 100
_LONGEST_VALUE = 4000


def fault_of_name(name: object) -> str:
    """Return what is wrong with a name of something, such as a coordinate."""
    return fault_of_text(name, _LONGEST_NAME) or ("" if str(name).strip() == name != "" else "is empty or padded")


def fault_of_scalar(value: object) -> str:
    """Return what is wrong with a number or a text."""
    if isinstance(value, str):
        return fault_of_text(value, _LONGEST_VALUE, lines=True)
    if isinstance(value, bool) or is_finite(value):
        return ""
    return "is not a finite number" if isinstance(value, (int, float)) else "is neither a number nor a text"


def fault_of_value(value: object, depth: int = MOST_DEPTH) -> str:
    """Return what is wrong with a value of JSON: nested too deep, or a part of it that is no text, number or name."""
    if depth == 0:
        return "is nested too deep"
    if value is None:
        return ""
    if isinstance(value, Mapping):
        children: list[object] = [*value.values()]
        keys = next(filter(None, map(fault_of_name, value)), "")
        return keys or next(filter(None, (fault_of_value(child, depth - 1) for child in children)), "")
    if isinstance(value, (list, tuple)):
        return next(filter(None, (fault_of_value(child, depth - 1) for child in value)), "")
    return fault_of_scalar(value)
