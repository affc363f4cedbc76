"""A chart on a page: a plane of 650 points with its contours, from limits to SVG; and the script that a page loads."""

from __future__ import annotations

import gzip
import math
import statistics
import time
from collections.abc import Iterator

from benchmarks.place import ROOT, Place
from benchmarks.table import Bar, Row
from recast.charts import Spot, contours_of, plane_of, svg

__all__ = ["charts", "plane_of_points"]

_ACROSS, _UP = 26, 25
_ROUNDS = 15
_AXES = ("m_squark_gev", "m_neutralino_gev")


def charts(place: Place) -> Iterator[Row]:
    """Measure the time and the size of a plane of 650 points, and the bytes of the script."""
    spots = plane_of_points()
    contours_of(spots[:60], _AXES)  # matplotlib is there: a service has it from its first plane on
    taken = []
    for number in range(_ROUNDS):
        moved = [Spot({**it.coordinates, _AXES[0]: it.coordinates[_AXES[0]] + number}, it.limit) for it in spots]
        start = time.perf_counter()
        text = svg(plane_of(moved, _AXES), id="plane")
        taken.append(time.perf_counter() - start)
    size, drawn = len(text.encode()), f"{len(spots)} points, 4 lines"
    note = f"best of {_ROUNDS}: {1000 * min(taken):.0f} ms; {len(gzip.compress(text.encode())) / 1000:.0f} kB gz"
    yield Row(f"chart: {drawn}", 1000 * statistics.median(taken), "ms", bar=Bar(100, "ms"), note=note)
    yield Row(f"chart: size of {drawn}", size / 1000, "kB", bar=Bar(60, "kB"))
    script = (ROOT / "recast/service/pages/static/charts.js").read_bytes()
    yield Row("chart: script for hover, zoom and series", len(script) / 1024, "kB", bar=Bar(8, "kB"))


def plane_of_points() -> list[Spot]:
    """Return 650 points of a plane, excluded at small masses, with the wiggles that fits have."""
    found = []
    for number in range(_ACROSS * _UP):
        column, row = number % _ACROSS, number // _ACROSS
        distance = (column - 14.0) / 5.0 + (row - 10.0) / 9.0 + 0.3 * math.sin(1.7 * column + row)
        cls = [min(1.0, 0.05 * 10.0 ** (distance + shift)) for shift in (-0.8, -0.4, 0.1, 0.5, 0.9)]
        observed = min(1.0, 0.05 * 10.0**distance)
        limit = {"type": "limit", "cls_obs": observed, "cls_exp": cls, "excluded": observed < 0.05}
        found.append(Spot({_AXES[0]: 200.0 + 40.0 * column, _AXES[1]: 30.0 * row}, limit))
    return found
