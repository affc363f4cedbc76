"""Who descends from whom and how much memory they hold, as /proc tells it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable

__all__ = [
    "adopt_orphans",
    "descendants",
    "die_with_parent",
    "kill_all",
    "marked",
    "memory_bytes",
    "nearest",
]

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PAGE_BYTES = os.sysconf("SC_PAGESIZE")


def die_with_parent(signum: int = signal.SIGTERM) -> None:
    """Ask the kernel for a signal when our parent dies, however it dies; Linux only, else nothing."""
    _prctl(_PR_SET_PDEATHSIG, signum)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, so that none can slip away."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    try:
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return


def _parents() -> dict[int, int]:
    """Return pid -> parent's pid of every process that we can see."""
    parents = {}
    for pid in _every():
        # The command's name is in parentheses and may itself hold anything.
        fields = _read(pid, "stat").rpartition(b")")[2].split()
        if len(fields) > 1:
            parents[pid] = int(fields[1])
    return parents


def _every() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _read(pid: int, name: str) -> bytes:
    """Return a file of /proc/PID: nothing if the process has ended, which it may at any moment, or is not ours."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def descendants(roots: Iterable[int]) -> set[int]:
    """Return the pids of all descendants of `roots`, without the roots themselves."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents().items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    todo = list(roots)
    while todo:
        for child in children.get(todo.pop(), ()):
            if child not in found:
                found.add(child)
                todo.append(child)
    return found


def nearest(root: int, most: int) -> list[int]:
    """Return the descendants of `root`, the nearest first, at most `most` of them.

    Unlike `descendants` it does not read all of /proc, which takes minutes beside a fork bomb.
    """
    found: list[int] = []
    level = [root]
    while level and len(found) < most:
        below: list[int] = []
        for pid in level:
            below += map(int, _read(pid, f"task/{pid}/children").split())
        found += below
        level = below[:most]
    return found[:most]


def kill_all(pids: Iterable[int], signum: int = signal.SIGKILL) -> None:
    """Send a signal to each; one that is gone already, or not ours, is passed over."""
    for pid in pids:
        try:
            os.kill(pid, signum)
        except (ProcessLookupError, PermissionError):
            continue


def memory_bytes(pids: Iterable[int], above_bytes: int, files_bytes: int = 0) -> int:
    """Return the memory of processes and of their files in memory, of which `files_bytes` are known.

    The sum of resident sizes, or of proportional ones when that is too much: shared pages count once only in the
    proportional size, which is dear to read, so it is asked for only if the cheap sum exceeds `above_bytes`. A file in
    memory that is mapped as well counts once then, too.
    """
    pids = list(pids)
    resident = sum(_resident(pid) for pid in pids) + files_bytes
    if resident <= above_bytes:
        return resident
    shares = [_proportional(pid) for pid in pids]
    return sum(own for own, _ in shares) + max(files_bytes, sum(of_files for _, of_files in shares))


def _resident(pid: int) -> int:
    fields = _read(pid, "statm").split()
    return int(fields[1]) * _PAGE_BYTES if len(fields) > 1 else 0


def _proportional(pid: int) -> tuple[int, int]:
    """Return a process' share of memory: of what is its own or of files on disks, and of files in memory."""
    sizes = {b"Pss:": 0, b"Pss_Shmem:": 0}
    for line in _read(pid, "smaps_rollup").splitlines():
        name, _, rest = line.partition(b" ")
        if name in sizes:
            sizes[name] = int(rest.split()[0]) * 1024
    share, of_files = sizes[b"Pss:"] or _resident(pid), sizes[b"Pss_Shmem:"]
    return share - of_files, of_files


def marked(variable: str, values: Iterable[str]) -> dict[int, str]:
    """Return pid -> value of the processes that were started with `variable` set to one of `values`."""
    wanted = set(values)
    prefix = variable.encode() + b"="
    found = {}
    for pid in _every():
        environ = _read(pid, "environ")
        if prefix in environ:
            for entry in environ.split(b"\0"):
                value = entry[len(prefix) :].decode(errors="replace")
                if entry.startswith(prefix) and value in wanted:
                    found[pid] = value
    return found
