"""Stop a run; its finished steps are kept."""

from __future__ import annotations

import os
import signal

from recast.paths import Places
from recast.rundir import RunDirectory
from recast.runs import open_run
from recast.runs.drive import cancel_idle

__all__ = ["cancel"]


def cancel(directory: RunDirectory, places: Places) -> str:
    """Stop a run, through its driver if it has one; return a message about what was done."""
    live = open_run(directory)
    pid = live.driver_pid
    if live.engine.state != "running":
        return f"run {live.request.run} is {live.engine.state} already"
    if pid is None:
        cancel_idle(directory, places)
        return f"run {live.request.run} cancelled"
    try:
        os.kill(pid, signal.SIGUSR1)
    except ProcessLookupError:  # it has ended since we looked: look again
        return cancel(directory, places)
    return f"run {live.request.run}: its driver (process {pid}) was asked to cancel"
