"""The distance of two contours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from recast.ci.compare.quantity import Line

__all__ = ["apart", "extent"]

Point = tuple[float, float]
_MOST = 2000
"""Vertices of a contour that are compared; of more, every second, third or so."""


def apart(before: Sequence[Line], after: Sequence[Line]) -> float:
    """Return the largest distance from a vertex of one contour to the other, in both directions."""
    return 0.0 if before == after else max(_farthest(before, after), _farthest(after, before))


def extent(lines: Sequence[Line]) -> float:
    """Return the diagonal of the box around a contour."""
    xs = [x for line in lines for x, _ in line]
    ys = [y for line in lines for _, y in line]
    return math.hypot(max(xs) - min(xs), max(ys) - min(ys)) if xs else 0.0


def _farthest(ones: Sequence[Line], others: Sequence[Line]) -> float:
    points = _thinned([point for line in ones for point in line])
    segments = [pair for line in others for pair in _segments(_thinned(line))]
    return max((min(_distance(point, a, b) for a, b in segments) for point in points), default=0.0)


def _segments(line: Sequence[Point]) -> Sequence[tuple[Point, Point]]:
    return list(pairwise(line)) if len(line) > 1 else [(line[0], line[0])]


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    return points if len(points) <= _MOST else [*points[:: 1 + len(points) // _MOST], points[-1]]


def _distance(point: Point, a: Point, b: Point) -> float:
    """Return the distance of a point to a segment."""
    (x, y), (ax, ay), (bx, by) = point, a, b
    dx, dy = bx - ax, by - ay
    length = dx * dx + dy * dy
    share = 0.0 if length == 0.0 else max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / length))
    return math.hypot(x - ax - share * dx, y - ay - share * dy)
