"""Trivial steps in a real container, beside a loop over the bare bubblewrap command."""

from __future__ import annotations

import os
from collections.abc import Iterator

from benchmarks.container_spec import bare_loop, container_spec
from benchmarks.measure import paired
from benchmarks.place import Place
from benchmarks.table import Bar, Row

__all__ = ["containers"]


def containers(place: Place) -> Iterator[Row]:
    """200 steps against xargs running the same bwrap."""
    home = place.fresh()
    os.environ["RECAST_HOME"] = str(home)
    digest, spec = container_spec(place.fresh())
    count = place.size(200)
    inputs = f"input: {list(range(count))}"

    pair = paired(
        lambda: place.recast(spec, inputs, images=home / "images").seconds,
        lambda: bare_loop(place, digest, count),
        place.rounds,
    )
    yield Row(f"{count} container steps : xargs -P2 bwrap", pair.ours, "s", pair.theirs, pair.ratio, Bar(1.5, "times"))
