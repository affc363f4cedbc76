"""Compare two JSON values: what differs, and for numbers by how much. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from recast.json_types import JsonValue

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, slots=True)
class Difference:
    """A differing leaf, by JSON pointer; None stands for a missing value. `relative` is (after - before) / |before|."""

    where: str
    before: JsonValue
    after: JsonValue
    relative: float | None


def differences(before: JsonValue, after: JsonValue, where: str = "") -> Iterator[Difference]:
    """Yield the leaves that differ, in document order."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from differences(before.get(key), after.get(key), f"{where}/{key}")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, new, f"{where}/{index}")
    elif before != after and not (_is_nan(before) and _is_nan(after)):
        yield Difference(where, before, after, _relative(before, after))


def _relative(before: JsonValue, after: JsonValue) -> float | None:
    if not (_is_number(before) and _is_number(after)) or not before:
        return None
    relative = (after - before) / abs(before)
    return relative if math.isfinite(relative) else None


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_nan(value: JsonValue) -> bool:
    return isinstance(value, float) and math.isnan(value)
