"""Numbers as results have them: JSON's, or None, or what is not a number; never a boolean."""

from __future__ import annotations

from recast.ci.compare.quantity import MOST_EVENTS
from recast.json_types import JsonValue

__all__ = ["count", "number"]


def number(value: JsonValue) -> float | None:
    """Return a JSON number as a float (NaN and infinity stay), None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def count(value: JsonValue) -> int | None:
    """Return a number of events, None for anything else, and for more than anybody generates."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_EVENTS
    return value if is_count else None
