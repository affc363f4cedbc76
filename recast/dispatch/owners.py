"""By which name a dispatcher takes work, and what the name says of it to others: its host, and whether it lives."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

__all__ = ["is_here", "is_living", "is_process", "new_owner"]


def new_owner() -> str:
    """Return the name of this dispatcher: `host:process:random`."""
    return f"{os.uname().nodename}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def is_here(owner: str) -> bool:
    """Return whether an owner is, or was, of this machine."""
    return owner.rpartition(":")[0].rpartition(":")[0] == os.uname().nodename


def is_living(owner: str) -> bool:
    """Return whether an owner of this machine is a dispatcher that lives.

    A zombie has no command, and a number that was given out again another one.
    """
    pid = owner.rpartition(":")[0].rpartition(":")[2]
    if not pid.isdigit() or not is_process(int(pid)):
        return False
    try:
        return b"dispatch" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has ended just now, or this system has no such folder
        return not Path("/proc/self").exists()


def is_process(pid: int) -> bool:
    """Return whether there is such a process, whosever it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
