"""Locks that protect what is being built, read or run from `recast image gc`.

A process that adds blobs without a tag yet, or unpacks, holds the store's lock shared; the collector holds it
exclusively. A process that runs containers holds a lease on their root folder until it ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from recast.images.disk import writing

__all__ = ["alone", "is_free", "keep_lease", "using"]

_LOCK = ".use.lock"
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT)
_kept: dict[Path, int] = {}
_keeping = threading.Lock()


@contextmanager
def using(store: Path) -> Iterator[None]:
    """Hold the store's lock shared, which keeps the collector away. Nothing is locked where nothing can be written."""
    descriptor = _open(store / _LOCK)
    try:
        if descriptor is not None:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextmanager
def alone(store: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the store's lock exclusively; wait for other holders, and report that."""
    with writing(store):
        descriptor = os.open(store / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for a build, a pull or the start of a run to end")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def keep_lease(path: Path) -> None:
    """Hold a lock file shared until this process and all its forks have ended; a second call does nothing.

    Programs that it starts do not inherit it.
    """
    with _keeping:
        if path not in _kept and (descriptor := _open(path)) is not None:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            _kept[path] = descriptor


@contextmanager
def is_free(path: Path | None) -> Iterator[bool]:
    """Try to lock a file exclusively, and yield whether that succeeded; a missing file is free."""
    if path is None:
        yield True
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _lock_now(descriptor)
    finally:
        os.close(descriptor)


def _lock_now(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as problem:
        if problem.errno not in _READ_ONLY:
            raise
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
