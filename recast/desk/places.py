"""Where a point stands in its request: ids count from `p1`, so it is usually where its number says."""

from __future__ import annotations

from collections.abc import Sequence

from recast.desk.model import Point

__all__ = ["place_of"]


def place_of(points: Sequence[Point], name: str) -> int:
    """Return the index of a point; raises KeyError if there is none of that id."""
    if name[1:].isdecimal() and name.isascii() and len(name) < 12:
        guess = int(name[1:]) - 1
        if 0 <= guess < len(points) and points[guess].id == name:
            return guess
    for index, point in enumerate(points):
        if point.id == name:
            return index
    raise KeyError(name)
