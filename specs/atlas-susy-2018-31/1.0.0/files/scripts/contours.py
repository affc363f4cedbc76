"""Lines of exclusion in a mass plane, from values at scattered points.

Between the points a value is interpolated linearly on their Delaunay triangles; CLs as the number of sigma it stands
for, which is close to linear in the masses where CLs itself falls by orders of magnitude.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import QhullError
from scipy.stats import norm

__all__ = ["lines", "of_limits", "significance", "table"]

ALPHA = 0.05
STEPS = 400  # of the fine grid, a side
MOST_SIGMA = 8.0  # CLs below 1e-15 says no more
FEWEST_POINTS = 4

Line = list[tuple[float, float]]


def significance(cls: float) -> float:
    """Return CLs as sigma, rising with the strength of the exclusion."""
    return float(np.clip(norm.isf(max(cls, 1e-300)), -MOST_SIGMA, MOST_SIGMA))


def of_limits(limits: Iterable[dict[str, Any]], axes: Sequence[str]) -> dict[str, list[Line]]:
    """Return the lines of CLs = 0.05 by name: observed, expected, +1 sigma, -1 sigma; empty for too few points."""
    picks = {"observed": None, "expected": 2, "expected -1 sigma": 1, "expected +1 sigma": 3}
    limits = list(limits)
    curves = {}
    for name, index in picks.items():
        values = [(*(limit["point"][axis] for axis in axes), significance(pick(limit, index))) for limit in limits]
        found = lines(values, significance(ALPHA))
        if found:
            curves[name] = found
    return curves


def pick(limit: dict[str, Any], index: int | None) -> float:
    """Return CLs observed (None) or one of the expected values."""
    return float(limit["cls_obs"] if index is None else limit["cls_exp"][index])


def lines(points: Sequence[tuple[float, float, float]], level: float) -> list[Line]:
    """Return the lines at which a value given at points (x, y, value) crosses a level; none if they span no plane."""
    if len(points) < FEWEST_POINTS:
        return []
    x, y, values = (np.array(column, dtype=float) for column in zip(*points))
    width, height = np.ptp(x), np.ptp(y)
    if width == 0.0 or height == 0.0:
        return []
    try:  # both axes in units of their own range, so that triangles are not slivers
        surface = LinearNDInterpolator(np.column_stack([x / width, y / height]), values)
    except QhullError:  # all points on one line
        return []
    fine_x, fine_y = np.linspace(x.min(), x.max(), STEPS), np.linspace(y.min(), y.max(), STEPS)
    grid = surface(*np.meshgrid(fine_x / width, fine_y / height))
    found = contour_generator(fine_x, fine_y, np.ma.masked_invalid(grid)).lines(level)
    return [[(float(a), float(b)) for a, b in line] for line in found if len(line) > 1]


def table(curves: dict[str, list[Line]], axes: Sequence[str]) -> dict[str, Any]:
    """Return curves as a table: curve, part, and the two coordinates in GeV, a row a vertex."""
    columns = [{"name": "curve"}, {"name": "part"}, *({"name": axis, "unit": "GeV"} for axis in axes)]
    rows = [
        [name, part, round(a, 3), round(b, 3)]
        for name, found in curves.items()
        for part, line in enumerate(found)
        for a, b in thinned(line)
    ]
    notes = [] if rows else ["the signals span no plane, so there is no contour"]
    return {"columns": columns, "rows": rows, "notes": notes}


def thinned(line: Line, most: int = 200) -> Line:
    """Return a line with at most that many vertices, its ends kept."""
    step = -(-len(line) // most)
    return [*line[:-1:step], line[-1]]
