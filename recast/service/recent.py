"""The requests that were read lately: many look at the same one while it is answered, point by point."""

from __future__ import annotations

import threading
from collections import OrderedDict

from recast.desk.model import Request
from recast.ledger import Ledger

__all__ = ["Recent"]

_MOST = 32


class Recent:
    """Requests by id and version. What they are now is asked of the ledger each time; threads share it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._lock = ledger, threading.Lock()
        self._known: OrderedDict[str, Request] = OrderedDict()

    def whole(self, head: Request) -> Request:
        """Return a request with its points, given what it is now without them; raise NotFound."""
        with self._lock:
            known = self._known.get(head.id)
            if known is not None and known.version == head.version:
                self._known.move_to_end(head.id)
                return known
        read = self._ledger.request(head.id)
        with self._lock:
            self._known[read.id] = read
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return read
