"""The rows of the benchmark `answers`, and that of `analyses`."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.answers import plane, squarks
from benchmarks.answers.first import first_verdict
from benchmarks.answers.home import published
from benchmarks.place import Place
from benchmarks.table import Row

__all__ = ["analyses", "answers"]


def answers(place: Place) -> Iterator[Row]:
    """A plane of limits, the first verdict of a request, a spectrum: beside what one would type without RECAST."""
    home = published(place, plane.ANALYSIS)
    yield from plane.plane(place, home)
    yield from first_verdict(place, home)
    yield from squarks.squarks(place, published(place, squarks.ANALYSIS))


def analyses(place: Place) -> Iterator[Row]:
    """The plane beside its own scripts by hand: what the framework adds."""
    yield from plane.plane_by_hand(place, published(place, plane.ANALYSIS))
