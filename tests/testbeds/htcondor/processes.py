"""Processes by id: whether one lives, when it was born, what is below it."""

from __future__ import annotations

from pathlib import Path

__all__ = ["alive", "below", "born"]


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/PID/stat from the state on; [] if there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Return whether a process runs; one that ended and was not waited for does not."""
    return _stat(pid)[:1] not in ([], ["Z"], ["X"])


def born(pid: int) -> str:
    """Return when a process started, in ticks since boot: a number and this name one process."""
    return (_stat(pid) + [""] * 20)[19]


def below(pid: int) -> list[tuple[int, str]]:
    """Return the descendants of a process and their programs' names."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        for path in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                children = [int(word) for word in path.read_text().split()]
            except OSError:
                continue
            for child in children:
                waiting.append(child)
                try:
                    found.append((child, Path(f"/proc/{child}/comm").read_text().strip()))
                except OSError:
                    continue
    return found
