"""One driver per run: an advisory lock that is released when its process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType

from recast.errors import RunLocked, StoreError

__all__ = ["RunLock"]

_TRIES, _PAUSE_S = 20, 0.01


class RunLock:
    """A lock file that contains the driver's process id."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def __enter__(self) -> RunLock:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as problem:
            raise StoreError.of(
                problem,
                "The run's lock file cannot be opened",
                self.path,
                "make the run directory writable, then try again",
            ) from problem
        if not _locked(descriptor):
            os.close(descriptor)
            raise RunLocked(
                "Another process drives this run",
                where=str(self.path.parent),
                why=f"It has process id {self.holder() or 'unknown'}.",
                next_step="watch it with 'recast status', or stop it with 'recast cancel'",
            )
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> int | None:
        """Return the process id of the driver, None if no process holds the lock."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.read(descriptor, 32).decode(errors="replace")
            return int(text) if text.isdigit() else None
        else:
            return None
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    """Lock a file, waiting briefly; return whether that succeeded. `holder` takes the lock for a moment, too."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False
