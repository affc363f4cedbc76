"""A run that goes on in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from recast.journal import RunLock
from recast.rundir import RunDirectory

__all__ = ["go_on_detached"]

_DRIVEN_WITHIN_S, _LOOK_S = 30.0, 0.05


def go_on_detached(directory: RunDirectory) -> Path:
    """Let a process of its own drive a run, and return when it has begun: the file with its messages."""
    run_id = directory.request().run
    log = directory.path / "driver.log"
    with log.open("ab") as output:
        driver = subprocess.Popen(
            [sys.executable, "-m", "recast", "resume", run_id],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    _wait_until_driven(directory, driver)
    return log


def _wait_until_driven(directory: RunDirectory, driver: subprocess.Popen[bytes]) -> None:
    """Wait until a driver has the run, or has ended: before, the run looks as if nobody drove it."""
    give_up_at = time.monotonic() + _DRIVEN_WITHIN_S
    while driver.poll() is None and RunLock(directory.lock).holder() is None and time.monotonic() < give_up_at:
        time.sleep(_LOOK_S)
