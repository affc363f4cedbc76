"""Whether the service can work, asked by anybody as often as they like: the ledger is asked once a second at most."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from recast.errors import RecastError

__all__ = ["Readiness"]

_FRESH_S = 1.0


class Readiness:
    """Remembers what a check said; while one goes on, others hear what the last one said."""

    def __init__(self, check: Callable[[], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._check, self._monotonic = check, monotonic
        self._checking = threading.Lock()
        self._said: RecastError | None = None
        self._at = float("-inf")

    def check(self) -> None:
        """Raise what keeps the service from working."""
        known = self._at > float("-inf")
        if self._monotonic() - self._at >= _FRESH_S and self._checking.acquire(blocking=not known):
            try:
                self._said = self._asked()
                self._at = self._monotonic()
            finally:
                self._checking.release()
        if (said := self._said) is not None:
            raise said.with_traceback(None)

    def _asked(self) -> RecastError | None:
        try:
            self._check()
        except RecastError as problem:
            return problem
        return None
