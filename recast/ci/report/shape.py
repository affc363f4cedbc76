"""The shape of a report and of a comparison: what their readers take for granted of documents that others wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from recast.json_types import JsonValue, is_finite

__all__ = ["COMPARISON", "REPORT", "misfit"]

Shape: TypeAlias = "Callable[[JsonValue], bool] | Mapping[str, Shape] | Sequence[Shape]"
"""A test of a value, the shapes of a map's keys (`*` for all others), or in a list of one the shape of its items."""


def _text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _flag(value: JsonValue) -> bool:
    return isinstance(value, bool)


_number = is_finite

_SIDE: Shape = {"value": _number, "error": _number, "raw": _number, "text": _text}
_BIN: Shape = {"name": _text, "value": _number, "error": _number, "raw": _number, "low": _number, "high": _number}
_ROW: Shape = {
    **dict.fromkeys(("pointer", "kind", "unit", "mode", "verdict", "why"), _text),
    **dict.fromkeys(("delta", "pull", "p", "p_holm", "tolerance", "ratio", "visible", "events_to_decide"), _number),
    "published": {"value": _number, "error": _number, "source": _text},
    "before": _SIDE,
    "after": _SIDE,
    "bins": {"before": [_BIN], "after": [_BIN]},
    "merged": [[_number]],
    "pulls": [_number],
    "chi2": _number,
    "ks": {"*": _number},
}

COMPARISON: Shape = {"quantities": [_ROW], "histograms": [_ROW], "counts": {"*": _number}}
REPORT: Shape = {
    "phases": [{"name": _text, "word": _text, "seconds": _number, "detail": _text}],
    "tests": [
        {**dict.fromkeys(("name", "file", "stage", "outcome", "message", "log"), _text), "seconds": _number},
    ],
    "images": [{"name": _text, "digest": _text, "built": _flag, "why": _text}],
    "runs": [
        {"name": _text, "run": _text, "jobs": _number, "cached": _number, "stages": [_text], "seconds": _number},
    ],
    "reference": {"commit": _text, "digest": _text},
    "moved_first": {"*": _text},
}


def misfit(value: JsonValue, shape: Shape, place: str = "") -> str:
    """Return the JSON pointer of the first value that does not have its shape, empty if all have; null fits anywhere
    but in a list of maps or lists.
    """
    if callable(shape):
        return "" if value is None or shape(value) else place or "/"
    if isinstance(shape, Mapping):
        if not isinstance(value, dict):
            return "" if value is None else place or "/"
        parts = ((key, item, shape.get(key, shape.get("*"))) for key, item in value.items())
        found = (misfit(item, inner, f"{place}/{key}") for key, item, inner in parts if inner is not None)
    else:
        if not isinstance(value, list):
            return "" if value is None else place or "/"
        inner = shape[0]
        found = (
            f"{place}/{index}" if item is None and not callable(inner) else misfit(item, inner, f"{place}/{index}")
            for index, item in enumerate(value)
        )
    return next(filter(None, found), "")
