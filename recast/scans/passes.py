"""Which points a pass of a scan runs: first a coarse grid, then points around the exclusion contour; pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recast.charts.contour import ALPHA, Triple, crossing_edges, near, sigma_of
from recast.json_types import JsonObject, JsonValue
from recast.scans.points import Point, point_key

__all__ = ["coarse", "middles", "refined"]

LEVEL = sigma_of(ALPHA)


def coarse(points: Sequence[Point], axes: Sequence[str]) -> list[Point]:
    """Return about a quarter of a grid: every second value of each axis, and its ends; all points without such axes."""
    kept = {axis: _every_second({point[axis] for point in points if axis in point}) for axis in axes}
    kept = {axis: values for axis, values in kept.items() if values}
    return [point for point in points if all(point.get(axis) in values for axis, values in kept.items())]


def _every_second(values: Iterable[JsonValue]) -> set[JsonValue]:
    ordered = sorted(values)
    return {*ordered[::2], *ordered[-1:]}


def refined(known: Sequence[Triple], left: Sequence[Point], axes: Sequence[str]) -> list[Point]:
    """Return those of the remaining points that are near a change of the verdict."""
    placed = [point for point in left if all(isinstance(point.get(axis), (int, float)) for axis in axes)]
    where = [(float(point[axes[0]]), float(point[axes[1]])) for point in placed]
    return [placed[index] for index in near(known, where, LEVEL)]


def middles(known: Sequence[Triple], axes: Sequence[str], rest: JsonObject) -> list[Point]:
    """Return new points half way between neighbours with different verdicts; `rest` are the fixed columns."""
    found: dict[str, Point] = {}
    for a, b in crossing_edges(known, LEVEL):
        point = {
            **rest,
            axes[0]: round((known[a][0] + known[b][0]) / 2, 3),
            axes[1]: round((known[a][1] + known[b][1]) / 2, 3),
        }
        found[point_key(point)] = point
    return list(found.values())
