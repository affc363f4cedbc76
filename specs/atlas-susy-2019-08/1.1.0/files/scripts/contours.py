"""Lines of exclusion in a plane of two parameters, only where points carry them; pure.

Between neighbouring points a value is linear on their Delaunay triangles. CLs is taken as the number of sigma that it
stands for, which is close to linear in the masses where CLs itself falls by orders of magnitude. A triangle with a side
longer than the step of the grid is left out: nobody looked there. A line is drawn only between SEVERAL points that hang
together on its one side and as many on its other; what encloses fewer is a point of its own and no line.
The same file lies in every bundle that draws such lines (a test compares them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

__all__ = ["ALPHA", "SEVERAL", "Contour", "contour", "of_limits", "significance", "table", "triangles"]

ALPHA = 0.05
SEVERAL = 3
MOST_SIGMA = 8.0  # CLs below 1e-15 says no more
ROUNDING = 1e-6  # of a step: coordinates were written with digits
PICKS: dict[str, int | None] = {"observed": None, "expected": 2, "expected -1 sigma": 1, "expected +1 sigma": 3}
"""Name of a curve -> which of the five expected values, None for the observed one."""

Value = tuple[float, float, float]
Line = list[tuple[float, float]]
Step = tuple[float, float]
Edge = tuple[int, int]
Triangle = tuple[int, int, int]


@dataclass(frozen=True)
class Contour:
    """The lines, and in words why there are none or not more of them ("" if all are drawn)."""

    lines: tuple[Line, ...]
    why: str = ""


def significance(cls: float) -> float:
    """Return CLs as sigma of a normal distribution, rising with the strength of the exclusion, within 8."""
    if cls <= 0.0:
        return MOST_SIGMA
    if cls >= 1.0:
        return -MOST_SIGMA
    return max(-MOST_SIGMA, min(MOST_SIGMA, -NormalDist().inv_cdf(cls)))


def contour(points: Sequence[Value], level: float, step: Step) -> Contour:
    """Return the lines at which the value of points (x, y, value) crosses a level.

    `step` is the longest side of a triangle in x and in y. Two values at one place carry no line.
    """
    above = [value > level for _, _, value in points]
    if min(sum(above), len(points) - sum(above)) < SEVERAL:
        return Contour((), f"{sum(above)} points on the one side of the line and {above.count(False)} on the other: "
                           f"a line needs at least {SEVERAL} on each")  # fmt: skip
    if len({(x, y) for x, y, _ in points}) < len(points):
        return Contour((), "two values at one place")
    found = triangles(points, step)
    if not found:
        return Contour((), f"no three points lie within a step of the grid ({step[0]:g} in x, {step[1]:g} in y)")
    groups = _groups(found, above)
    kept, small = [], 0
    for chain in _chains(found, above):
        carried = min(groups[chain[0][0]], groups[chain[0][1]]) >= SEVERAL and len(set(chain)) >= SEVERAL
        small += not carried
        if carried:
            kept.append([_crossing(points, edge, level) for edge in chain])
    why = f"what fewer than {SEVERAL} neighbouring points would carry is left out" if small else ""
    return Contour(tuple(kept), why or ("" if kept else "no neighbouring points lie on both sides of the line"))


def triangles(points: Sequence[Value], step: Step) -> list[Triangle]:
    """Return the Delaunay triangles of points (indexes) none of whose sides is longer than a step in x or in y."""
    from matplotlib.tri import Triangulation

    try:  # in steps of the grid, so that the triangles do not depend on the units of the axes
        made = Triangulation([x / step[0] for x, _, _ in points], [y / step[1] for _, y, _ in points])
    except (RuntimeError, ValueError):  # all on one line, or fewer than three
        return []
    found = [(int(a), int(b), int(c)) for a, b, c in made.triangles]
    return [triangle for triangle in found if all(_short(points, edge, step) for edge in _edges(triangle))]


def _edges(triangle: Triangle) -> tuple[Edge, Edge, Edge]:
    a, b, c = sorted(triangle)
    return (a, b), (a, c), (b, c)


def _short(points: Sequence[Value], edge: Edge, step: Step) -> bool:
    one, other = points[edge[0]], points[edge[1]]
    return all(abs(one[axis] - other[axis]) <= step[axis] * (1.0 + ROUNDING) for axis in (0, 1))


def _groups(found: Iterable[Triangle], above: Sequence[bool]) -> dict[int, int]:
    """Return for each point how many points of its side hang together with it by sides of triangles."""
    near: dict[int, set[int]] = {}
    for triangle in found:
        for a, b in _edges(triangle):
            for one, other in ((a, b), (b, a)):
                near.setdefault(one, set()).update({other} if above[a] == above[b] else ())
    sizes: dict[int, int] = {}
    for start in near:
        if start in sizes:
            continue
        group, open_ends = {start}, [start]
        while open_ends:
            new = near[open_ends.pop()] - group
            group |= new
            open_ends += new
        sizes |= dict.fromkeys(group, len(group))
    return sizes


def _chains(found: Iterable[Triangle], above: Sequence[bool]) -> list[list[Edge]]:
    """Return the crossed sides of triangles in the order in which a line goes through them; a loop ends at its start."""
    links: dict[Edge, list[Edge]] = {}
    for triangle in found:
        crossed = [edge for edge in _edges(triangle) if above[edge[0]] != above[edge[1]]]
        for one, other in zip(crossed, crossed[::-1]):
            links.setdefault(one, []).append(other)
    chains, seen = [], set[Edge]()
    for start in sorted(links, key=lambda edge: (len(links[edge]), edge)):  # ends of open lines come first
        if start in seen:
            continue
        chain = [start]
        seen.add(start)
        while onward := [edge for edge in links[chain[-1]] if edge not in seen]:
            chain.append(onward[0])
            seen.add(onward[0])
        closed = len(chain) > 2 and len(links[start]) == 2
        chains.append([*chain, start] if closed else chain)
    return chains


def _crossing(points: Sequence[Value], edge: Edge, level: float) -> tuple[float, float]:
    (ax, ay, a), (bx, by, b) = points[edge[0]], points[edge[1]]
    share = (level - a) / (b - a)
    return ax + share * (bx - ax), ay + share * (by - ay)


def of_limits(limits: Iterable[Mapping[str, Any]], axes: Sequence[str], step: Step) -> dict[str, Contour]:
    """Return the contours of CLs = 0.05 by name: observed, expected, and expected at -1 and +1 sigma.

    Limits without CLs, and those that say of themselves that they are undecided, carry no line.
    """
    known = [limit for limit in limits if limit.get("cls_obs") is not None and not limit.get("undecided")]
    curves = {}
    for name, index in PICKS.items():
        picked = [(limit, limit["cls_obs"] if index is None else (limit["cls_exp"] or [None] * 5)[index])
                  for limit in known]  # fmt: skip
        values = [
            (float(limit["point"][axes[0]]), float(limit["point"][axes[1]]), significance(cls))
            for limit, cls in picked
            if cls is not None
        ]
        curves[name] = contour(values, significance(ALPHA), step)
    return curves


def table(planes: Mapping[str, Mapping[str, Contour]], axes: Sequence[str]) -> dict[str, Any]:
    """Return the curves of some slices as a table: curve, part, the two coordinates in GeV, the slice; a row a vertex.

    The notes say of each slice why a line is not there.
    """
    names = [*axes, "x", "y"][:2] if len(axes) == 2 else ["x", "y"]
    columns = [{"name": "curve"}, {"name": "part"}, *({"name": name, "unit": "GeV"} for name in names)]
    rows = [
        [curve, part, round(a, 3), round(b, 3), plane]
        for plane, curves in planes.items()
        for curve, found in curves.items()
        for part, line in enumerate(found.lines)
        for a, b in line
    ]
    notes = [f"{plane}, {curve}: {found.why}"
             for plane, curves in planes.items() for curve, found in curves.items() if found.why]  # fmt: skip
    empty = [] if rows or notes else ["the signals span no plane, so there is no contour"]
    return {"columns": [*columns, {"name": "slice"}], "rows": rows, "notes": [*notes, *empty]}
