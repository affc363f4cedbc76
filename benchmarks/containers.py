"""Trivial steps in a real container, beside a loop over the bare bubblewrap command."""

from __future__ import annotations

import os
from collections.abc import Iterator

from benchmarks.container_spec import bare_bwrap, container_spec
from benchmarks.measure import paired, take
from benchmarks.place import Place
from benchmarks.table import Bar, Row

__all__ = ["containers"]


def containers(place: Place) -> Iterator[Row]:
    """200 steps against xargs running the same bwrap."""
    home = place.fresh()
    os.environ["RECAST_HOME"] = str(home)
    digest, spec = container_spec(place.fresh())
    count = place.size(200)
    numbers = "".join(f"{i}\n" for i in range(count))
    inputs = f"input: {list(range(count))}"

    def bare() -> float:
        folder = place.fresh()
        return take(["xargs", "-P2", "-I{}", *bare_bwrap(digest, folder)], folder, text=numbers).seconds

    pair = paired(lambda: place.recast(spec, inputs, images=home / "images").seconds, bare, place.rounds)
    yield Row(f"{count} container steps : xargs -P2 bwrap", pair.ours, "s", pair.theirs, pair.ratio, Bar(1.5, "times"))
