"""Where CLs crosses 0.05 in a plane of two parameters, and which points would tell more about it; pure.

Between the points, CLs is taken as the number of sigma that it stands for, which is close to linear where CLs itself
falls by orders of magnitude, and interpolated linearly on the points' Delaunay triangles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Any

__all__ = ["ALPHA", "CURVES", "Line", "crossing_edges", "lines", "near", "sigma_of"]

ALPHA = 0.05
CURVES: dict[str, int | None] = {"observed": None, "expected": 2, "expected -1 sigma": 1, "expected +1 sigma": 3}
"""Name -> which of the five expected values, None for the observed one."""

_MOST_SIGMA = 8.0

Line = list[tuple[float, float]]
Triple = tuple[float, float, float]


def sigma_of(cls: float) -> float:
    """Return CLs as sigma of a normal distribution, rising with the strength of the exclusion, within 8."""
    if cls <= 0.0:
        return _MOST_SIGMA
    if cls >= 1.0:
        return -_MOST_SIGMA
    return max(-_MOST_SIGMA, min(_MOST_SIGMA, -NormalDist().inv_cdf(cls)))


def lines(points: Sequence[Triple], level: float) -> list[Line]:
    """Return the lines at which the value of points (x, y, value) crosses a level; none if they span no plane."""
    triangulation = _triangulation(points)
    if triangulation is None:
        return []
    from matplotlib.figure import Figure

    drawn = Figure().subplots().tricontour(triangulation, [p[2] for p in points], levels=[level])
    return [[(float(x), float(y)) for x, y in line] for line in drawn.allsegs[0] if len(line) > 1]


def crossing_edges(points: Sequence[Triple], level: float) -> list[tuple[int, int]]:
    """Return the edges of the triangulation (pairs of indexes) between whose ends the value crosses a level."""
    triangulation = _triangulation(points)
    if triangulation is None:
        return []
    above = [value > level for _, _, value in points]
    return [(int(a), int(b)) for a, b in triangulation.edges if above[a] != above[b]]


def near(points: Sequence[Triple], candidates: Iterable[tuple[float, float]], level: float) -> list[int]:
    """Return the indexes of the candidates that lie within an edge that the level crosses, or as close to one."""
    edges = crossing_edges(points, level)
    width, height = _span(points)
    found = []
    for index, (x, y) in enumerate(candidates):
        for a, b in edges:
            ax, ay, bx, by = points[a][0], points[a][1], points[b][0], points[b][1]
            half = math.hypot((ax - bx) / width, (ay - by) / height) / 2
            middle = math.hypot((x - (ax + bx) / 2) / width, (y - (ay + by) / 2) / height)
            if middle <= half:
                found.append(index)
                break
    return found


def _span(points: Sequence[Triple]) -> tuple[float, float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return (max(xs) - min(xs)) or 1.0, (max(ys) - min(ys)) or 1.0


def _triangulation(points: Sequence[Triple]) -> Any:
    """Return the Delaunay triangulation, axes scaled to their own range while it is made; None for too few points."""
    if len(points) < 3:
        return None
    from matplotlib.tri import Triangulation

    width, height = _span(points)
    try:
        scaled = Triangulation([p[0] / width for p in points], [p[1] / height for p in points])
    except (RuntimeError, ValueError):  # all on one line
        return None
    return Triangulation([p[0] for p in points], [p[1] for p in points], scaled.triangles)
