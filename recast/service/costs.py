"""What a point of a version has cost so far, remembered for a minute: every reader of a record asks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Container

from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.operations.points.cost import estimated

__all__ = ["SeenCosts"]

_FRESH_S = 60.0
_MOST = 2000


class SeenCosts:
    """Costs by the digest of a version. Threads share it."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        self._ledger, self._clock, self._lock = ledger, clock, threading.Lock()
        self._known: OrderedDict[str, tuple[float, JsonDict]] = OrderedDict()
        self._ran: Container[str] | None = None

    def ask_only(self, ran: Container[str]) -> None:
        """Ask the ledger of these versions alone: of the others no run has ended, and none will."""
        self._ran = ran

    def of(self, digest: str) -> JsonDict:
        """Return the cost of one point of a version, from ended runs for public requests alone."""
        now = self._clock()
        with self._lock:
            known = self._known.get(digest)
        if known is not None and 0 <= now - known[0] < _FRESH_S:
            return known[1]
        asked = digest if self._ran is None or digest in self._ran else ""
        found = estimated(self._ledger, asked, 1).as_json()
        with self._lock:
            self._known[digest] = (now, found)
            self._known.move_to_end(digest)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found
