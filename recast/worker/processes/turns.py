"""Turns limit how many payloads run at once.

There are more slots than turns: a slot without a turn stages files in, or writes an outcome to the disk, while payloads
of other slots use the CPUs.
"""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable

from recast.worker.failure import Failure, Stopped

__all__ = ["Turn", "Turns", "extra_slots"]

_LOOK_MS = 50


def extra_slots(turns: int) -> int:
    """Return how many slots beyond the turns are worth having: each may wait for the disk, longer than a payload."""
    return max(2, turns // 2)


class Turns:
    """A pipe with one byte for each turn that nobody has."""

    def __init__(self, count: int) -> None:
        self._read, self._write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.write(self._write, b"." * count)

    def try_take(self) -> bool:
        """Take a turn if there is one."""
        try:
            return bool(os.read(self._read, 1))
        except BlockingIOError:
            return False

    def wait(self) -> None:
        """Wait a moment for a turn to come free."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.poll(_LOOK_MS)

    def give(self) -> None:
        """Put a turn back."""
        os.write(self._write, b".")


class Turn:
    """A slot's turn.

    `mark` tells the supervisor when the turn must be over (0.0: there is none), so that it comes back if the slot is
    killed, and ends if the slot does not get to run itself.
    """

    def __init__(self, turns: Turns | None = None, mark: Callable[[float], None] = lambda until: None) -> None:
        self._turns = turns
        self._mark = mark

    def take(self, seconds: float, is_cancelled: Callable[[], bool]) -> None:
        """Wait for a turn of `seconds`.

        Raises Failure if the job is cancelled meanwhile, Stopped if the worker is to end.
        """
        if self._turns is None:
            return
        while True:
            # Before it is taken: one turn too many does less harm than one too few.
            self._mark(time.monotonic() + seconds)
            if self._turns.try_take():
                return
            self._mark(0.0)
            if signal.SIGTERM in signal.sigpending():
                raise Stopped
            if is_cancelled():
                raise Failure("cancelled", "cancelled before it began")
            self._turns.wait()

    def give(self) -> None:
        """Give the turn back."""
        if self._turns is not None:
            self._turns.give()
            self._mark(0.0)
