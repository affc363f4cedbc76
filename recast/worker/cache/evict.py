"""What to remove from a cache that grew too large: the least recently used first. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

__all__ = ["Item", "evict"]


class Item(NamedTuple):
    """One item in the cache: its name, its size in bytes, and when it was last used, in seconds since the epoch."""

    name: str
    size_bytes: int
    last_used: float


def evict(items: Iterable[Item], bound_bytes: int, remove: Callable[[Item], bool]) -> int:
    """Remove items until the rest fits into the limit; return the bytes of the rest.

    `remove` returns False for an item in use, which is kept, so the rest may exceed the limit.
    """
    by_age = sorted(items, key=lambda item: (item.last_used, item.name))
    left = sum(item.size_bytes for item in by_age)
    for item in by_age:
        if left <= bound_bytes:
            break
        if item.size_bytes and remove(item):
            left -= item.size_bytes
    return left
