"""The words of the index that somebody may have meant: read when a search finds nothing, and kept for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from math import inf

from recast.ledger.catalogue.words import words_of
from recast.ledger.database import Database
from recast.search import Known

__all__ = ["KnownWords"]

_AGAIN_S = 10.0
"""While the index changes all the time, its words are not read more often."""


class KnownWords:
    """The words of a ledger's index. Threads share it."""

    def __init__(self, database: Database, now: Callable[[], float] = time.monotonic) -> None:
        self._database, self._now = database, now
        self._lock = threading.Lock()
        self._generation, self._read_at = "", -inf
        self._known = Known(())

    def at(self, generation: str) -> Known:
        """Return the words of an index at a generation, or a few seconds before."""
        with self._lock:
            if generation != self._generation and self._now() - self._read_at >= _AGAIN_S:
                with self._database.glancing() as connection:
                    self._known = Known(words_of(connection).known(connection))
                self._generation, self._read_at = generation, self._now()
            return self._known
