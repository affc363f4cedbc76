"""Runs that many look at: what a change brings is read once and written once as JSON, for all who are told of it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from recast.desk.model import Request
from recast.ledger import Ledger
from recast.ledger.pictures import Snapshot
from recast.ledger.runs import NotedRun
from recast.ledger.steps import Found
from recast.service.live.looks import Looks

__all__ = ["Pulse", "RunNow", "SeenRuns"]

_MOST, _OLD_S = 200, 1.0
_GROWS_S = 30.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """Whether the pictures of a run have been seen to come, and by how much the clock that dates them is ahead of ours
    (None: nobody can tell).
    """

    comes: bool = False
    ahead_s: float | None = None


@dataclass(slots=True)
class RunNow:
    """A run at one moment: as it is noted, its request, the policy that counts, its newest summary."""

    noted: NotedRun
    request: Request
    policy: str
    picture: Snapshot | None
    pulse: Pulse
    turn: int = -1
    read_at: float = 0.0
    texts: dict[tuple[bool, int], str] = field(default_factory=dict)
    """What was written of it, by whether it is for insiders and after which picture."""

    changes: dict[int, Found] = field(default_factory=dict)
    """The steps that have changed after a picture."""


class SeenRuns:
    """The runs that were read lately; threads share it. `steady` is a clock that nobody sets."""

    def __init__(
        self, ledger: Ledger, clock: Callable[[], float], steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger, self._clock, self._steady = ledger, clock, steady
        self._looks = Looks(lambda runs: ledger.snapshots.look(*runs), steady)
        self._lock, self._counting = threading.Lock(), threading.Lock()
        self._known: OrderedDict[str, RunNow] = OrderedDict()
        self._grown: OrderedDict[str, tuple[int, float, float | None]] = OrderedDict()

    def at(self, run: str, turn: int) -> RunNow:
        """Return a run as it was at a turn of its listeners, or later; raise NotFound."""
        with self._lock:
            known = self._known.get(run)
            if known is not None and known.turn >= turn and self._steady() - known.read_at < _OLD_S:
                return known
            now = self.read(run)
            now.turn = turn
            self._known[run] = now
            self._known.move_to_end(run)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
            return now

    def read(self, run: str) -> RunNow:
        """Return a run as it is now, whose driver hears that somebody looks; raise NotFound."""
        began = self._steady()
        noted = self._ledger.runs.get(run)
        request = self._ledger.head(noted.request)
        policy = self._ledger.catalogue.policy(request.analysis)
        if noted.state != "ended":
            self._looks.at(run)
        picture = self._ledger.snapshots.read(run)
        return RunNow(noted, request, policy, picture, self.pulse(picture), read_at=began)

    def pulse(self, picture: Snapshot | None) -> Pulse:
        """Return what is known of who writes pictures, now that one was read."""
        if picture is None:
            return Pulse()
        now = self._steady()
        with self._counting:
            number, since, ahead_s = self._grown.get(picture.run, (picture.number, now - _GROWS_S, None))
            if picture.number > number:
                since, ahead_s = now, picture.at - self._clock()
            self._grown[picture.run] = (picture.number, since, ahead_s)
            self._grown.move_to_end(picture.run)
            while len(self._grown) > _MOST:
                self._grown.popitem(last=False)
        return Pulse(now - since < _GROWS_S, ahead_s)

    def changed(self, now: RunNow, after: int, most: int) -> Found:
        """Return at most so many of the steps that have changed after a picture, read once for all who ask."""
        with self._lock:
            if after not in now.changes:
                now.changes[after] = self._ledger.snapshots.steps.changed(now.noted.id, after, most)
            return now.changes[after]
