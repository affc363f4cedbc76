"""What a service is made of; one object, made once, that every request reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from recast.desk.model import Actor
from recast.errors import InfrastructureError
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.service.identity import Identity
from recast.service.live.watch import Watch
from recast.service.metrics import Metrics
from recast.service.recent import Recent
from recast.service.settings import Settings

__all__ = ["Check", "Parts"]

Check = Callable[[JsonDict, Actor, Ledger], JsonDict]
"""What says of points whether they can be answered: which searches take them, their faults, what they would cost."""


_CHECKS = threading.BoundedSemaphore(2)
"""Thousands of points take seconds of a processor: more at once would let strangers take it from everybody."""

_WAIT_S = 2.0


def checked_points(document: JsonDict, actor: Actor, ledger: Ledger) -> JsonDict:
    """Return what the catalogue says of the points in a document; raise InfrastructureError if others are at it."""
    from recast.operations.points.check_points import check_points  # needed by few requests, and dear to import

    if not _CHECKS.acquire(timeout=_WAIT_S):
        raise InfrastructureError(
            "Too many points are being checked", next_step="ask again in a moment", code="service.busy"
        )
    try:
        return check_points(document, actor=actor, ledger=ledger)
    finally:
        _CHECKS.release()


@dataclass(frozen=True)
class Parts:
    """The parts of one web process. `clock` returns the time in seconds since the epoch."""

    settings: Settings
    ledger: Ledger
    identity: Identity
    clock: Callable[[], float]
    watch: Watch
    metrics: Metrics = field(default_factory=Metrics)
    check: Check = checked_points
    recent: Recent = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recent", Recent(self.ledger))
