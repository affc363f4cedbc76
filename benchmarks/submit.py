"""`recast submit` in a real container, beside what one would type without it; and what it takes to start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from statistics import median

from benchmarks.container_spec import bare_loop, container_spec
from benchmarks.measure import paired, take
from benchmarks.place import RECAST, Place
from benchmarks.table import Bar, Row
from tests.busybox import NAME

__all__ = ["submit"]


def submit(place: Place) -> Iterator[Row]:
    """An array of 200 jobs against xargs running the same bwrap; one job against a run of one noop step."""
    from benchmarks import specs

    images = place.fresh()
    os.environ["RECAST_HOME"] = str(images)
    digest, _ = container_spec(place.fresh())
    count = place.size(200)

    def ours(*words: str) -> float:
        home = place.fresh()
        (home / "images").symlink_to(images / "images")
        return take([RECAST, "submit", NAME, "-q", *words], home, {"RECAST_HOME": str(home)}).seconds

    def array() -> float:
        return ours("--array", str(count), "--", "sh", "-c", "echo hello > {index}")

    pair = paired(array, lambda: bare_loop(place, digest, count), place.rounds)
    name = f"recast submit --array {count} : xargs -P2 bwrap"
    yield Row(name, pair.ours, "s", pair.theirs, pair.ratio, Bar(1.3, "times"))
    one = specs.write(place.fresh(), specs.map_reduce())
    noop = median(place.recast(one, "points: [1]").seconds for _ in range(5))
    single = median(ours("--", "true") for _ in range(5))
    yield Row("recast submit of one job : recast run of one noop step", single, "s", noop, None, Bar(0.3, "s"))
