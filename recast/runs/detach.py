"""Continue a run in a separate process."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from recast.journal import RunLock
from recast.rundir import RunDirectory

__all__ = ["go_on_detached"]

_DRIVEN_WITHIN_S, _LOOK_S = 300.0, 0.05


def go_on_detached(directory: RunDirectory) -> Path:
    """Start a separate process that drives a run, and return the file with its messages as soon as it drives.

    The process outlives this one; if this one lives longer, the process is reaped when it ends.
    """
    log = directory.path / "driver.log"
    # Not subprocess.Popen, which warns about a child that is still running when the object is deleted.
    driver = os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "recast", "resume", directory.request().run],
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    ended = threading.Event()
    threading.Thread(target=_reap, args=(driver, ended), name=f"reap {driver}", daemon=True).start()
    give_up_at = time.monotonic() + _DRIVEN_WITHIN_S
    # Until the new process holds the lock, the run seems not to be driven.
    while not ended.wait(_LOOK_S) and RunLock(directory.lock).holder() is None and time.monotonic() < give_up_at:
        continue
    return log


def _reap(pid: int, ended: threading.Event) -> None:
    os.waitpid(pid, 0)
    ended.set()
