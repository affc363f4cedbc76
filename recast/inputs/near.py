"""Suggest points of a grid: by masses if the names contain them, else by spelling."""

from __future__ import annotations

import re
from collections.abc import Collection

from recast.suggest import similar

__all__ = ["nearest_points"]

_NUMBER = re.compile(r"(?<=_)\d{1,6}(?=_|$)")


def nearest_points(asked: str, known: Collection[str], count: int = 3) -> list[str]:
    """Return known points of the same family by their distance in numbers; else those that are spelled alike."""
    family, numbers = _NUMBER.sub("#", asked), _numbers(asked)
    same = [name for name in known if _NUMBER.sub("#", name) == family] if numbers else []
    if not same:
        return similar(asked, known, count, 0.0)
    return sorted(same, key=lambda name: (_far(numbers, _numbers(name)), name))[:count]


def _far(asked: list[int], other: list[int]) -> int:
    return sum((a - b) ** 2 for a, b in zip(asked, other, strict=True))


def _numbers(name: str) -> list[int]:
    return [int(text) for text in _NUMBER.findall(name)]
