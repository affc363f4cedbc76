"""React to stop signals, cancellation and the time limit while the files of an attempt are copied."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from recast.worker.failure import Failure, Stopped

__all__ = ["Ear"]

_EVERY_S = 0.1


class Ear:
    """Checks periodically; `until_s` is the time limit of the attempt on the monotonic clock."""

    def __init__(self, is_cancelled: Callable[[], bool]) -> None:
        self.until_s = float("inf")
        self._is_cancelled = is_cancelled
        self._next_s = 0.0

    def listen(self) -> None:
        """Raise Stopped if the worker is to end, Failure (`cancelled`, `walltime`) if the attempt is; else nothing."""
        now = time.monotonic()
        if now < self._next_s:
            return
        self._next_s = now + _EVERY_S
        if signal.SIGTERM in signal.sigpending():
            raise Stopped
        if self._is_cancelled():
            raise Failure("cancelled", "cancelled while its files were copied")
        if now > self.until_s:
            raise Failure("walltime", "its files are not copied yet, and its time (walltime_s) is over")
