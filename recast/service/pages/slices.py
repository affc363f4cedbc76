"""Long lists in parts: a part of a list, and the addresses of the parts before and after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from recast.json_types import JsonDict, JsonObject

__all__ = ["Part", "part_of"]


@dataclass(frozen=True, slots=True)
class Part:
    """Shown items `first` to `last` (from 1) of `total`; the addresses are empty at the ends."""

    shown: Sequence[Any]
    first: int
    last: int
    total: int
    before: str
    after: str


def part_of(
    items: Sequence[JsonObject],
    number: int,
    size: int,
    show: Callable[[JsonObject], JsonDict],
    at: Callable[[int], str],
) -> Part:
    """Return a part of a list by its number, which begins with 1; the last one for a number that is too large.

    `show` makes of an item what is shown, `at` gives the address of a part.
    """
    parts = max(1, -(-len(items) // size))
    number = max(1, min(number, parts))
    start = (number - 1) * size
    shown = [show(item) for item in items[start : start + size]]
    before, after = at(number - 1) if number > 1 else "", at(number + 1) if number < parts else ""
    return Part(shown, start + 1 if shown else 0, start + len(shown), len(items), before, after)
