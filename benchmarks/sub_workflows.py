"""1,000 points, each a sub-workflow of three noop stages, and a reduce."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks import specs
from benchmarks.place import Place
from benchmarks.table import Bar, Row

__all__ = ["sub_workflows"]

YADAGE_POINTS = 20


def sub_workflows(place: Place) -> Iterator[Row]:
    """End to end; yadage on a few points, which is linear at best."""
    folder = specs.write(place.fresh(), specs.sub_workflows())
    points = place.size(1000)
    runs = [place.recast(folder, f"points: {list(range(points))}") for _ in range(3)]
    ours = median(run.seconds for run in runs)
    yield Row(f"{points:,} points x sub-workflow of 3 noop stages, and a reduce", ours, bar=Bar(5, "s"))
    yield Row("  peak memory", max(run.peak_mb for run in runs), "MB")
    few = place.size(YADAGE_POINTS)
    theirs = place.yadage(folder, f"points={list(range(few))}").seconds
    each = 1000 * theirs / few
    yield Row(f"  per point : yadage ({few} points)", 1000 * ours / points, "ms", each, each * points / 1000 / ours)
