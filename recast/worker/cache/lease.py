"""Locks on files: the kernel releases them when their process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

__all__ = ["Pause", "alone", "keep", "shared"]

_LONGEST_PAUSE_S = 0.5
_kept: list[int] = []


class Pause:
    """Increasingly long pauses, until `wait_s` have passed."""

    def __init__(self, wait_s: float) -> None:
        self._until = time.monotonic() + wait_s
        self._next = 0.01

    def take(self) -> bool:
        """Pause, or return False if the time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(self._next, left))
        self._next = min(2 * self._next, _LONGEST_PAUSE_S)
        return True


@contextmanager
def alone(path: str) -> Iterator[bool]:
    """Try to lock a file exclusively, creating it if necessary; yield whether that succeeded."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        yield _try(fd, fcntl.LOCK_EX)
    finally:
        os.close(fd)


def shared(path: str) -> Optional[int]:
    """Return a descriptor that holds a shared lock on a file; None if it does not exist, or is being removed.

    A file that was moved away between opening and locking does not count.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    try:
        if _try(fd, fcntl.LOCK_SH) and os.fstat(fd).st_ino == os.stat(path).st_ino:
            return fd
    except FileNotFoundError:
        pass
    os.close(fd)
    return None


def keep(fd: int) -> None:
    """Hold a lock until this process has ended; programs that it starts do not inherit it."""
    _kept.append(fd)


def _try(fd: int, how: int) -> bool:
    try:
        fcntl.flock(fd, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
