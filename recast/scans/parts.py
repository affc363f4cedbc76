"""Which points are run together, so that one bad point costs the others nothing; pure.

A version whose input is a list answers all points in one go, and one bad item fails them all. What failed together is
asked again in smaller parts, each in a scope of its own, until a part that fails is a single point: its failure is then
the reason why this point has no answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recast.json_types import JsonObject
from recast.runs.point_results import PointEnd
from recast.scans.answers import give_out
from recast.scans.declared import Declared
from recast.scans.record import Answer

__all__ = ["Part", "ended_parts", "parts_of", "smaller"]

_PARTS = 16
"""Into how many parts a part that failed is divided: 500 points are single after three further runs."""

Part = Sequence[Answer]


def parts_of(answers: Sequence[Answer], size: int) -> list[Part]:
    """Return the points in parts of at most `size`; 0 puts all of them into one."""
    step = size or len(answers)
    return [answers[start : start + step] for start in range(0, len(answers), step)]


def smaller(size: int) -> int:
    """Return how many points to run together after as many have failed together."""
    return max(1, -(-size // _PARTS))


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of the parts of a run: the size of the largest that failed whole, and the tables of the rest."""

    failed_together: int
    results: list[JsonObject]


def ended_parts(parts: Sequence[Part], ends: Sequence[PointEnd], declared: Declared, run: str) -> Ended:
    """Give each point its limits, or its reason if it was alone; points of a larger part that failed stay open."""
    results, failed_together = list[JsonObject](), 0
    for part, end in zip(parts, ends, strict=True):
        if not end.reason:
            give_out(end.results, part, declared, run)
            results += end.results
        elif len(part) == 1:
            part[0].run, part[0].reason, part[0].again = run, end.reason, end.again
        else:
            failed_together = max(failed_together, len(part))
    return Ended(failed_together, results)
