"""What takes a service long has few seats: strangers leave some free, and nobody has more than a few."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from recast.errors import InfrastructureError

__all__ = ["Seats"]


class Seats:
    """So many at once, of which strangers (whose names begin with `@`) leave `kept` to people who have logged in, and
    `each` of one person or place, those who wait included. Who finds none free waits for `wait_s`.
    """

    def __init__(self, most: int, *, each: int, kept: int = 0, wait_s: float = 0.0) -> None:
        self._most, self._each, self._kept, self._wait_s = most, each, kept, wait_s
        self._changed = threading.Condition()
        self._here: Counter[str] = Counter()
        self._seated = self._strangers = 0

    @contextmanager
    def one(self, who: str) -> Iterator[None]:
        """Hold a seat; raise InfrastructureError (`service.busy`) if there is none."""
        self._take(who)
        try:
            yield
        finally:
            self._give_back(who)

    def check(self, who: str) -> None:
        """Raise InfrastructureError if there is no seat now."""
        with self._changed:
            if self._here[who] >= self._each or not self._is_free(who):
                raise _busy()

    def _take(self, who: str) -> None:
        with self._changed:
            if self._here[who] >= self._each:
                raise _busy()
            self._here[who] += 1
            if not self._changed.wait_for(lambda: self._is_free(who), self._wait_s):
                self._leave(who)
                raise _busy()
            self._seated += 1
            self._strangers += who.startswith("@")

    def _give_back(self, who: str) -> None:
        with self._changed:
            self._leave(who)
            self._seated -= 1
            self._strangers -= who.startswith("@")
            self._changed.notify_all()

    def _leave(self, who: str) -> None:
        self._here[who] -= 1
        if not self._here[who]:
            del self._here[who]

    def _is_free(self, who: str) -> bool:
        if who.startswith("@") and self._strangers >= self._most - self._kept:
            return False
        return self._seated < self._most


def _busy() -> InfrastructureError:
    return InfrastructureError(
        "Too many are at this now", next_step="ask again in a moment, one thing after the other", code="service.busy"
    )
