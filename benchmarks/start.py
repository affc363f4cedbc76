"""What a command costs before it does anything."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from benchmarks.measure import paired, take
from benchmarks.place import PYTHON, RECAST, Place
from benchmarks.table import Bar, Row

__all__ = ["start"]


def start(place: Place) -> Iterator[Row]:
    """`recast --version` against a Python that does nothing, and a run of one noop step."""
    from benchmarks import specs

    folder = place.fresh()
    pair = paired(
        lambda: take([RECAST, "--version"], folder).seconds, lambda: take([PYTHON, "-c", "pass"], folder).seconds, 15
    )
    yield Row("recast --version : python -c pass", pair.ours, "s", pair.theirs, pair.ratio, Bar(4, "times"))
    one = specs.write(place.fresh(), specs.map_reduce())
    yield Row("recast run of one noop step", median(place.recast(one, "points: [1]").seconds for _ in range(5)))
