"""Expansion without execution: a scatter of noop steps and a reduce; diamonds in a row; a long chain."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import specs
from benchmarks.measure import Failed, exponent
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.table import Bar, Row

__all__ = ["diamonds_and_chain", "scatter"]

YADAGE_BOUND_S = 20.0
SHORT = 1000


def scatter(place: Place) -> Iterator[Row]:
    """Seconds, memory and growth of the expansion alone, then the same through the whole command."""
    folder = specs.write(place.fresh(), specs.map_reduce())
    large = place.size(100_000)
    small = median(_expanded(folder, SHORT)[0] for _ in range(5))
    runs = [_expanded(folder, large) for _ in range(3)]
    taken, peak_mb = median(run[0] for run in runs), max(run[2] for run in runs)
    yield Row(f"expansion, {large:,} noop steps and a reduce", taken, bar=Bar(10, "s"))
    yield Row("  peak memory", peak_mb, "MB", bar=Bar(400, "MB"))
    grown = exponent((SHORT, small), (large, taken))
    yield Row(f"  growth exponent, {SHORT:,} to {large:,}", grown, "", bar=Bar(1.1, ""))
    whole = place.recast(folder, f"points: {list(range(large))}")
    yield Row(f"recast run of the same {large:,} steps, engine and journal included", whole.seconds, bar=Bar(10, "s"))
    yield Row("  peak memory", whole.peak_mb, "MB", bar=Bar(400, "MB"))


def diamonds_and_chain(place: Place) -> Iterator[Row]:
    """Time that grows with the number of steps, not with the number of paths; no recursion on depth."""
    folder = specs.write(place.fresh(), specs.diamonds(16))
    ours = place.recast(folder, "points: 1").seconds
    yield Row("recast run, 16 diamonds in a row (64 steps)", ours, bar=Bar(5, "s"))
    counts, most_s = (1, 2, 3), 5.0 if place.quick else YADAGE_BOUND_S
    for count in counts:
        theirs, note = _yadage_diamonds(place, count, most_s)
        yield Row(f"  yadage, {count} diamond{'s' * (count > 1)}", ours, theirs=theirs, note=note)
        if note:
            break
    grown = _growth(place, specs.diamonds, 16, 160)
    yield Row("  growth exponent of the expansion, 16 to 160 diamonds", grown, "", bar=Bar(1.2, ""))
    folder = specs.write(place.fresh(), specs.chain(2000))
    yield Row("recast run, 2,000 stages in a chain", place.recast(folder, "points: 1").seconds, bar=Bar(5, "s"))
    grown = _growth(place, specs.chain, 200, 2000)
    yield Row("  growth exponent of the expansion, 200 to 2,000 stages", grown, "", bar=Bar(1.2, ""))


def _yadage_diamonds(place: Place, count: int, most_s: float) -> tuple[float, str]:
    folder = specs.write(place.fresh(), specs.diamonds(count))
    try:
        return place.yadage(folder, "points=1", most_s).seconds, ""
    except Failed:
        return most_s, f"not done after {most_s:.0f} s"


def _growth(place: Place, shape: object, few: int, many: int) -> float:
    assert callable(shape)
    times = []
    for count in (few, many):
        folder = specs.write(place.fresh(), shape(count))
        times.append((count, median(_expanded(folder, 1)[0] for _ in range(5))))
    return exponent(*times)


def _expanded(folder: Path, count: int) -> tuple[float, int, float]:
    """Expand in a child; return seconds, steps, peak memory in MB."""
    command = [PYTHON, "-m", "benchmarks.expand", str(folder), str(count)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), int(said[1]), int(said[2]) / 1000
