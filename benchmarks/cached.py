"""10,000 steps that each leave a file: run, run again from the cache, and a command over all the files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import specs
from benchmarks.measure import Failed
from benchmarks.place import Place
from benchmarks.table import Bar, Row

__all__ = ["cached", "reduce"]

_homes: dict[Place, Path] = {}


def cached(place: Place) -> Iterator[Row]:
    """A re-run in which every step comes from the cache, its file put into the new run's folder."""
    count = place.size(10_000)
    folder, points = specs.write(place.fresh(), specs.files(None)), f"points: {list(range(count))}"
    home = place.fresh()
    first = place.recast(folder, points, home=home)
    _homes[place] = home
    yield Row(f"{count:,} steps whose file is kept, first run", first.seconds)
    again = [place.recast(folder, points, home=home) for _ in range(3)]
    yield Row("  run again, all from the cache", median(run.seconds for run in again), bar=Bar(5, "s"))
    yield Row("  peak memory", max(run.peak_mb for run in again), "MB")


def reduce(place: Place) -> Iterator[Row]:
    """`cat` over the files of 10,000 steps: more paths than a command line holds."""
    count = place.size(10_000)
    folder, points = specs.write(place.fresh(), specs.files("cat {files} > {out}")), f"points: {list(range(count))}"
    home = _homes.get(place) or place.fresh()
    name = f"cat over the files of {count:,} steps"
    try:
        taken = place.recast(folder, points, home=home)
    except Failed as failure:
        yield Row(name, float("inf"), bar=Bar(60, "s"), note=" ".join(str(failure).split())[:200])
        return
    lines = next((home / "runs").glob("*/work/reduce/all.txt")).read_text().splitlines()
    right = sorted(lines) == sorted(f"hello {i}" for i in range(count))
    yield Row(name, taken.seconds if right else float("inf"), bar=Bar(60, "s"), note="" if right else "wrong content")
