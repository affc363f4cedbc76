"""What points will cost, by what earlier points of the same version took."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING

from recast.json_types import JsonDict

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["Cost", "cost_of", "digests_that_ran", "estimated"]

_MOST_RUNS = 200
_MOSTLY_CACHED = 0.2
"""A run with a larger share of steps from the cache says nothing about what a point costs."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Core-hours of some points: the middle, and between which bounds eight of ten earlier runs were.

    All None if no run of the version is known.
    """

    core_hours: float | None = None
    low: float | None = None
    high: float | None = None
    runs: int = 0

    @property
    def words(self) -> str:
        """The cost as text."""
        if self.core_hours is None or self.low is None or self.high is None:
            return "not known: no run of this version has ended here yet"
        of = f"by {self.runs} earlier run{'s' * (self.runs != 1)}"
        if self.runs < 2 or self.low == self.high:
            return f"about {self.core_hours:.2g} core-hours, {of}"
        return f"about {self.core_hours:.2g} core-hours ({self.low:.2g} to {self.high:.2g}), {of}"

    def as_json(self) -> JsonDict:
        """Return it as JSON."""
        told = {"core_hours": self.core_hours, "low": self.low, "high": self.high, "runs": self.runs}
        return {**told, "words": self.words}


def cost_of(per_point: Sequence[float], points: int) -> Cost:
    """Return the cost of so many points, from what a point took in each of several runs (core-hours)."""
    if not per_point:
        return Cost()
    if len(per_point) == 1:
        low = middle = high = per_point[0]
    else:
        tenths = quantiles(per_point, n=10, method="inclusive")
        low, middle, high = tenths[0], tenths[4], tenths[8]
    middle, low, high = (float(f"{value * points:.3g}") for value in (middle, low, high))
    return Cost(middle, low, high, len(per_point))


def estimated(ledger: Ledger, digest: str, points: int) -> Cost:
    """Return what points of a version will cost. Only runs for public requests count: what others have asked in private
    does not move the number.
    """
    return cost_of(_per_point(ledger, digest), points) if digest else Cost()


def digests_that_ran(ledger: Ledger) -> frozenset[str]:
    """Return the versions of which a run has ended: of all others, points have cost nothing yet."""
    from sqlalchemy import select

    from recast.ledger.tables import work

    query = select(work.c.outcome).where(work.c.kind == "run", work.c.state == "done")
    with ledger.reading() as connection:
        return frozenset(str(json.loads(text).get("digest")) for text in connection.scalars(query))


def _per_point(ledger: Ledger, digest: str) -> list[float]:
    from sqlalchemy import select

    from recast.ledger.pages import resting_on
    from recast.ledger.tables import requests, work

    query = (
        select(work.c.outcome)
        .join(requests, requests.c.id == work.c.request)
        .where(work.c.kind == "run", work.c.state == "done", requests.c.audience == "public")
        .where(work.c.request.in_(resting_on(digest)))
        .where(work.c.outcome.contains(digest, autoescape=True))
        .order_by(work.c.id.desc())
        .limit(_MOST_RUNS)
    )
    with ledger.glancing() as connection:
        outcomes = [json.loads(text) for text in connection.scalars(query)]
    return [
        outcome["core_hours"] / outcome["points"]
        for outcome in outcomes
        if outcome.get("digest") == digest and outcome.get("points") and outcome.get("core_hours")
        if outcome.get("cached", 1.0) <= _MOSTLY_CACHED
    ]
