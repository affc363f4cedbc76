"""What a service is made of; one object, made once, that every request reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from recast.desk.model import Actor
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.service.costs import SeenCosts
from recast.service.identity import Identity
from recast.service.live.seen_runs import SeenRuns
from recast.service.live.watch import Watch
from recast.service.metrics import Metrics
from recast.service.readiness import Readiness
from recast.service.recent import Recent
from recast.service.seats import Seats
from recast.service.settings import Settings
from recast.service.step.facts import Facts

__all__ = ["Check", "Parts"]

Check = Callable[[JsonDict, Actor, Ledger], JsonDict]
"""What says of points whether they can be answered: which searches take them, their faults, what they would cost."""


_CHECKS = Seats(2, each=4, kept=1, wait_s=2.0)
"""Thousands of points take seconds of a processor: more at once would let strangers take it from everybody."""


def checked_points(document: JsonDict, actor: Actor, ledger: Ledger) -> JsonDict:
    """Return what the catalogue says of the points in a document; raise InfrastructureError if others are at it."""
    from recast.operations.points.check_points import check_points  # needed by few requests, and dear to import

    with _CHECKS.one(actor.user or "@"):
        return check_points(document, actor=actor, ledger=ledger)


@dataclass(frozen=True)
class Parts:
    """The parts of one web process. `clock` returns the time in seconds since the epoch. `copied`: the pages become
    files that are read without a service (`recast.service.offline`).
    """

    settings: Settings
    ledger: Ledger
    identity: Identity
    clock: Callable[[], float]
    watch: Watch
    metrics: Metrics = field(default_factory=Metrics)
    check: Check = checked_points
    streams: Seats = field(default_factory=lambda: Seats(500, each=50, kept=100))
    arrivals: Seats = field(default_factory=lambda: Seats(8, each=2))
    searches: Seats = field(default_factory=lambda: Seats(2, each=2, kept=1, wait_s=2.0))
    downloads: Seats = field(default_factory=lambda: Seats(8, each=2, kept=4))
    facts: Facts = field(default_factory=Facts)
    copied: bool = False
    recent: Recent = field(init=False)
    costs: SeenCosts = field(init=False)
    runs: SeenRuns = field(init=False)
    readiness: Readiness = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recent", Recent(self.ledger))
        object.__setattr__(self, "costs", SeenCosts(self.ledger, self.clock))
        object.__setattr__(self, "runs", SeenRuns(self.ledger, self.clock))
        object.__setattr__(self, "readiness", Readiness(lambda: self.ledger.check()))
