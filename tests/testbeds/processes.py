"""Processes of a test-bed: started apart from us, found by id, ended with all that they started."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from tests.processes import every, link, read, stat

__all__ = [
    "MARK",
    "BedProblem",
    "alive",
    "born",
    "end",
    "free_ports",
    "has_own_mounts",
    "in_host_of",
    "marked",
    "sees",
    "spawn",
]

MARK = "RECAST_TESTBED"
_PAUSE_S = 0.05
_PATIENCE_S = 10.0


class BedProblem(Exception):
    """The test-bed cannot be started, or did not do in time what it should."""


def spawn(argv: Sequence[str], bed: Path, log: Path, env: dict[str, str]) -> int:
    """Start a daemon in a session of its own, marked as the bed's; return its process id."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **env, MARK: str(bed)},
            start_new_session=True,
            cwd=bed,
        )
    process.returncode = 0  # it is nobody's child for long: no word at the end that it still runs
    return process.pid


def alive(pid: int) -> bool:
    """Return whether a process runs; one that nobody has waited for yet does not."""
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return stat(pid)[:1] not in ([], ["Z"], ["X"])


def born(pid: int) -> str:
    """Return when a process started, in ticks since boot: a number and this name one process. `0` if it is gone."""
    return (stat(pid) + ["0"] * 20)[19]


def marked(bed: Path) -> list[int]:
    """Return the processes that carry the bed's mark."""
    mark = f"{MARK}={bed}".encode()
    found = [pid for pid in every() if mark in read(pid, "environ").split(b"\0")]
    return [pid for pid in found if pid != os.getpid() and sees(pid, bed)]


def sees(pid: int, bed: Path) -> bool:
    """Return whether a process has the same folder at the bed's path: in a container it may be another one.

    Where the bed's folder is gone, the folder around it is looked at.
    """
    there = next(folder for folder in (bed, *bed.parents) if folder.exists())
    try:
        return there.samefile(f"/proc/{pid}/root{there}")
    except OSError:
        return False


def has_own_mounts(pid: int) -> bool:
    """Return whether a process has a mount namespace other than ours."""
    return link(pid, "ns/mnt") not in ("", link(os.getpid(), "ns/mnt"))


def in_host_of(pid: int) -> list[int]:
    """Return the processes of the simulated host that a process is on (its UTS namespace), none if that is ours."""
    host = link(pid, "ns/uts")
    if host in ("", link(os.getpid(), "ns/uts")):
        return []
    return [other for other in every() if link(other, "ns/uts") == host]


def end(pids: Iterable[int], number: int = signal.SIGKILL) -> None:
    """Send a signal and wait until the processes are gone; kill those that do not go."""
    left = list(pids)
    for pid in left:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    give_up_at = time.monotonic() + _PATIENCE_S
    while any(alive(pid) for pid in left):
        if time.monotonic() > give_up_at and number != signal.SIGKILL:
            return end(left)
        time.sleep(_PAUSE_S)
    return None


def free_ports(names: Sequence[str]) -> dict[str, int]:
    """Return a free port on the loopback interface for each name, below those that connections take."""
    found: dict[str, int] = {}
    while len(found) < len(names):
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in found.values():
                found[names[len(found)]] = port
    return found
