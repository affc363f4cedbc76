"""A run that goes on in a process of its own."""

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
    """Let a process of its own drive a run, and return when it has begun: the file with its messages.

    It outlives this process; if this one lives longer, it is reaped when it ends.
    """
    log = directory.path / "driver.log"
    # Not subprocess.Popen, which warns of a child that is still running when nobody holds it any more.
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
    # Before somebody has its lock, the run looks as if nobody drove it.
    while not ended.wait(_LOOK_S) and RunLock(directory.lock).holder() is None and time.monotonic() < give_up_at:
        continue
    return log


def _reap(pid: int, ended: threading.Event) -> None:
    os.waitpid(pid, 0)
    ended.set()
