"""What a service is made of; one object, made once, that every request reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from recast.ledger import Ledger
from recast.service.identity import Identity
from recast.service.live.watch import Watch
from recast.service.metrics import Metrics
from recast.service.settings import Settings

__all__ = ["Parts"]


@dataclass(frozen=True)
class Parts:
    """The parts of one web process. `clock` returns the time in seconds since the epoch."""

    settings: Settings
    ledger: Ledger
    identity: Identity
    clock: Callable[[], float]
    watch: Watch
    metrics: Metrics = field(default_factory=Metrics)
