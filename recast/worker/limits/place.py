"""A control group of version 2 as we find it, and what decides whether it may be divided or left."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from recast.worker.limits.groupfiles import lines_of, read_text

__all__ = ["REST", "Lack", "Place"]

REST = "recast-rest-"
"""The name of the groups for processes without our limits, next to groups with limits."""

_BOUNDS = ("memory.max", "memory.high", "memory.swap.max", "cpu.max", "cpuset.cpus", "cpuset.mems", "io.max")
_UNITS = (".scope", ".service")
_GONE = -1


class Lack(NamedTuple):
    """Why the kernel cannot hold limits here, in words, and a line to type that changes it, if there is one."""

    why: str
    next_step: str = ""


class Place:
    """The group `path` of the hierarchy that is mounted at `mount`."""

    def __init__(self, mount: str, path: str) -> None:
        self.mount = mount.rstrip("/")
        self.path = path if path.startswith("/") else "/" + path
        self.folder = (self.mount + self.path).rstrip("/")
        self.names = [name for name in self.path.split("/") if name]

    @property
    def parent(self) -> Place:
        """Return the group above."""
        return Place(self.mount, "/" + "/".join(self.names[:-1]))

    @property
    def unit(self) -> str:
        """Return the systemd unit whose own group this is; empty if it is none, or a group further down."""
        above = [name for name in self.names[:-1] if not name.endswith(".slice")]
        if any(not name.startswith("user@") for name in above) or not self.names:
            return ""
        return self.names[-1] if self.names[-1].endswith(_UNITS) else ""

    @property
    def slice_name(self) -> str:
        """Return the slice that the unit is in, empty for the topmost."""
        return self.names[-2] if len(self.names) > 1 and self.names[-2].endswith(".slice") else ""

    @property
    def is_root(self) -> bool:
        """Whether it is the root of the whole machine, which alone may have processes and groups with limits."""
        return not self.names and not os.path.exists(f"{self.folder}/cgroup.type")

    @property
    def is_writable(self) -> bool:
        """Whether we can make groups in it, hand controllers on to them and move processes."""
        files = ("", "/cgroup.procs", "/cgroup.subtree_control")
        return all(os.access(self.folder + name, os.W_OK) for name in files)

    def processes(self) -> Iterator[int]:
        """Yield the processes in it; 0 stands for those of another world, which we cannot see."""
        yield from map(int, lines_of(f"{self.folder}/cgroup.procs"))

    def has_strangers(self) -> bool:
        """Whether there are processes in it that belong neither to our own session nor to that of our parent."""
        ours = {os.getsid(0), _session_of(os.getppid()), _GONE}
        return any(pid == 0 or _session_of(pid) not in ours for pid in self.processes())

    def limited_below(self, above: str) -> str:
        """Return the first group, from here up to but without `above`, that has limits; empty if none has."""
        place = self
        while place.names and not (above + "/").startswith(place.path + "/"):
            if any(_binds(read_text(f"{place.folder}/{name}")) for name in _BOUNDS):
                return place.path
            place = place.parent
        return ""

    def tasks_max(self) -> int | None:
        """Return how many processes may be in it, None for any number."""
        text = read_text(f"{self.folder}/pids.max")
        return int(text) if text.isdigit() else None


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return _GONE


def _binds(value: str) -> bool:
    return value not in ("", "max") and not value.startswith("max ")
