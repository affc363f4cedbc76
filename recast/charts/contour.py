"""Where CLs crosses 0.05 in a plane of two parameters, and which points would refine the contour; pure.

CLs is converted to sigma, which is nearly linear where CLs itself falls by orders of magnitude, and interpolated
linearly on the points' Delaunay triangles.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from statistics import NormalDist

from recast.json_types import JsonValue

__all__ = [
    "ALPHA",
    "CURVES",
    "SEVERAL",
    "Line",
    "Step",
    "Triple",
    "crossing_edges",
    "lines",
    "lonely",
    "near",
    "sigma_of",
]

ALPHA = 0.05
CURVES: dict[str, int | None] = {"observed": None, "expected": 2, "expected -1 sigma": 1, "expected +1 sigma": 3}
"""Name -> which of the five expected values, None for the observed one."""

SEVERAL = 3
"""The number of connected points required on either side of a contour; fewer are an island, or a wedge at the edge."""

_MOST_SIGMA = 8.0
_USUAL_EDGES = 2.0
"""The maximum length of triangles along an axis in units of the median edge, if no grid step is declared."""
_A_LITTLE_MORE = 1.0 + 1e-6
"""Tolerance, so that a grid with exactly the declared step supports a contour despite rounding."""

Line = list[tuple[float, float]]
Triple = tuple[float, float, float]
Triangle = tuple[int, ...]
Edge = tuple[int, int]
Step = tuple[float | None, float | None]
"""The largest distance of neighbours along each axis, None if not declared."""


def sigma_of(cls: float) -> float:
    """Return CLs as sigma of a normal distribution, rising with the strength of the exclusion, within 8."""
    if cls <= 0.0:
        return _MOST_SIGMA
    if cls >= 1.0:
        return -_MOST_SIGMA
    return max(-_MOST_SIGMA, min(_MOST_SIGMA, -NormalDist().inv_cdf(cls)))


def lines(points: Sequence[Triple], level: float, step: Step = (None, None)) -> list[Line]:
    """Return the lines at which the value of points (x, y, value) crosses a level; none where the points do not support
    them.

    A line only crosses triangles that are no longer than `step` along each axis (by default a multiple of the median
    edge), and only where `SEVERAL` points are connected on either side: an island of one point is not a contour. The
    order of the points does not matter.
    """
    return lines_by_name({"": points}, level, step)[""]


def lines_by_name(
    curves: Mapping[str, Sequence[Triple]], level: float, step: Step = (None, None)
) -> dict[str, list[Line]]:
    """Return the `lines` of several curves over the same plane; faster than one after the other."""
    found, axes = dict[str, list[Line]](), None
    for name, given in curves.items():
        points = sorted(given)  # a grid can be divided into triangles in more ways than one
        triangles = _carrying(points, level, step)
        if not triangles:
            found[name] = []
            continue
        if axes is None:
            from matplotlib.figure import Figure

            axes = Figure().subplots()
        found[name] = _crossings(axes, points, triangles, level)
    return found


def _crossings(axes: JsonValue, points: Sequence[Triple], triangles: Sequence[Triangle], level: float) -> list[Line]:
    import numpy
    from matplotlib.tri import Triangulation

    x, y, values = numpy.array(points).T
    drawn = axes.tricontour(Triangulation(x, y, triangles), values, levels=[level])
    return [[(float(x), float(y)) for x, y in line] for line in drawn.allsegs[0] if len(line) > 1]


def lonely(points: Sequence[Triple], level: float, step: Step = (None, None)) -> list[int]:
    """Return the indexes of the points with too few neighbours on their side of a level to carry a line."""
    _, size = _connected(points, level, step)
    return [index for index, own in enumerate(size) if own < SEVERAL]


def _carrying(points: Sequence[Triple], level: float, step: Step) -> list[Triangle]:
    """Return the triangles that a line may cross."""
    short, size = _connected(points, level, step)
    return [triangle for triangle in short if all(size[corner] >= SEVERAL for corner in triangle)]


def _connected(points: Sequence[Triple], level: float, step: Step) -> tuple[Sequence[Triangle], list[int]]:
    """Return the triangles that are short enough, and for each point how many points on its side are connected."""
    short, edges = _mesh(tuple((x, y) for x, y, _ in points), step)
    return short, _neighbours(len(points), edges, [value > level for _, _, value in points])


@lru_cache(maxsize=8)
def _mesh(places: tuple[tuple[float, float], ...], step: Step) -> tuple[Sequence[Triangle], Collection[Edge]]:
    """Return the triangles between places that are short enough, and their edges: the same for all curves there."""
    points = [(x, y, 0.0) for x, y in places]
    triangulation = _triangulation(points)
    if triangulation is None:
        return (), ()
    triangles = [tuple(triangle) for triangle in triangulation.triangles.tolist()]
    short = [it for it, is_short in zip(triangles, _short(points, triangles, step), strict=True) if is_short]
    return short, {edge for triangle in short for edge in _edges(triangle)}


def _short(points: Sequence[Triple], triangles: Sequence[Triangle], step: Step) -> list[bool]:
    """Return for each triangle whether none of its edges is too long along an axis."""
    sides = [
        [(abs(points[a][0] - points[b][0]), abs(points[a][1] - points[b][1])) for a, b in _edges(triangle)]
        for triangle in triangles
    ]
    usual = [_USUAL_EDGES * _median([side[axis] for own in sides for side in own]) for axis in (0, 1)]
    known = step != (None, None)
    most_x, most_y = (
        (math.inf if known else usual[axis]) if own is None else own * _A_LITTLE_MORE for axis, own in enumerate(step)
    )
    return [all(x <= most_x and y <= most_y for x, y in own) for own in sides]


def _median(lengths: Sequence[float]) -> float:
    """Return the median of the lengths that are not 0."""
    some = sorted(length for length in lengths if length > 0.0)
    return some[len(some) // 2] if some else 0.0


def _edges(triangle: Triangle) -> tuple[Edge, ...]:
    a, b, c = triangle
    return (min(a, b), max(a, b)), (min(b, c), max(b, c)), (min(a, c), max(a, c))


def _neighbours(count: int, edges: Iterable[Edge], above: Sequence[bool]) -> list[int]:
    """Return for each point how many points on its side are connected with it, including itself (union-find)."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for a, b in edges:
        if above[a] == above[b]:
            parent[root(a)] = root(b)
    roots = [root(index) for index in range(count)]
    sizes = Counter(roots)
    return [sizes[own] for own in roots]


def crossing_edges(points: Sequence[Triple], level: float) -> list[tuple[int, int]]:
    """Return the edges of the triangulation (pairs of indexes) between whose ends the value crosses a level."""
    triangulation = _triangulation(points)
    if triangulation is None:
        return []
    above = [value > level for _, _, value in points]
    return [(int(a), int(b)) for a, b in triangulation.edges if above[a] != above[b]]


def near(points: Sequence[Triple], candidates: Iterable[tuple[float, float]], level: float) -> list[int]:
    """Return the indexes of the candidates that are within half the length of a crossed edge from its middle."""
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


def _triangulation(points: Sequence[Triple]) -> JsonValue:
    """Return the Delaunay triangulation, computed with axes scaled to their ranges; None for too few points."""
    if len(points) < 3:
        return None
    from matplotlib.tri import Triangulation

    width, height = _span(points)
    try:
        scaled = Triangulation([p[0] / width for p in points], [p[1] / height for p in points])
    except (RuntimeError, ValueError):  # all points are on one line
        return None
    return Triangulation([p[0] for p in points], [p[1] for p in points], scaled.triangles)
