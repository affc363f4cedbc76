"""What has to go from a cache that grew too large: the least recently used first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["Item", "evict"]


class Item(NamedTuple):
    """One thing in the cache: its name, its size in bytes, and when it was last used, in seconds since the epoch."""

    name: str
    size_bytes: int
    last_used: float


def evict(items: Iterable[Item], bound_bytes: int, remove: Callable[[Item], bool]) -> int:
    """Remove things until the rest fits into the bound; return the bytes of the rest.

    `remove` returns False for one that is in use, which stays: so the rest may be more than the bound.
    """
    by_age = sorted(items, key=lambda item: (item.last_used, item.name))
    left = sum(item.size_bytes for item in by_age)
    for item in by_age:
        if left <= bound_bytes:
            break
        if item.size_bytes and remove(item):
            left -= item.size_bytes
    return left
