"""Type names for JSON documents whose values are checked where they are read.

Documents whose structure is fully known are dataclasses; these types are for untrusted documents and for output.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeGuard

__all__ = ["JsonDict", "JsonObject", "JsonValue", "is_finite", "is_not_finite"]

JsonObject: TypeAlias = Mapping[str, Any]
"""A JSON object that is only read."""

JsonDict: TypeAlias = dict[str, Any]
"""A JSON object that is being built, or that its reader owns."""

JsonValue: TypeAlias = Any
"""Any JSON value."""


def is_finite(value: JsonValue) -> TypeGuard[int | float]:
    """Return whether a value is a number that can be calculated with: no NaN, no infinity, and no integer that no float
    is as large as (JSON has integers of a thousand digits).

    This is the rule for every number that comes from outside, whatever it is written in.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def is_not_finite(value: JsonValue) -> bool:
    """Return whether a value is a number, but none that can be calculated with (`is_finite`)."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and not is_finite(value)
