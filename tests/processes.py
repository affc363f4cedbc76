"""Processes of this machine as /proc tells of them: one that ends while it is looked at is gone, never an error."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["children", "command", "descendants", "every", "kill", "link", "name_of", "read", "stat", "threads"]

_PROC = Path("/proc")


def every() -> Iterator[int]:
    """Yield the ids of all processes that run now."""
    return (int(name) for name in os.listdir(_PROC) if name.isdigit())


def kill(pids: Iterable[int], number: int = signal.SIGKILL) -> None:
    """Send a signal to each; one that is gone already is passed over: it may go with one that was killed before."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def read(pid: int, name: str) -> bytes:
    """Return a file of /proc/PID; nothing if the process is gone or not ours to look at."""
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:
        return b""


def link(pid: int, name: str) -> str:
    """Return where a link of /proc/PID leads; nothing if the process is gone or not ours to look at."""
    try:
        return os.readlink(_PROC / str(pid) / name)
    except OSError:
        return ""


def command(pid: int) -> list[str]:
    """Return the words that a process was started with."""
    return read(pid, "cmdline").decode(errors="replace").split("\0")[:-1]


def name_of(pid: int) -> str:
    """Return the name of a process' program, as long as Linux tells it."""
    return read(pid, "comm").decode(errors="replace").strip()


def stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; none if there is no such process."""
    return read(pid, "stat").decode(errors="replace").rpartition(")")[2].split()


def threads(pid: int) -> list[int]:
    """Return the threads of a process."""
    with suppress(OSError):
        return [int(name) for name in os.listdir(_PROC / str(pid) / "task")]
    return []


def children(pid: int) -> list[int]:
    """Return the children of a process, whichever of its threads started them."""
    return [int(child) for thread in threads(pid) for child in read(pid, f"task/{thread}/children").split()]


def descendants(pid: int) -> list[int]:
    """Return all that descend from a process, the nearest first."""
    found, waiting = [], [pid]
    while waiting:
        born = children(waiting.pop(0))
        found += born
        waiting += born
    return found
