"""Memory, cpu and process limits that the kernel holds: a control group for one attempt, version 1 or 2.

The group is made inside our own one, so that a batch system's limits on us go on holding.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

__all__ = ["PIDS_MAX", "Cgroup", "Hierarchy", "find_hierarchy", "oom_kills"]

PIDS_MAX = 2048
_PERIOD_US = 100_000


class Hierarchy:
    """Where groups can be made here: controller -> our own folder. Empty if nothing is writable."""

    __slots__ = ("folders", "unified")

    def __init__(self, folders: Mapping[str, str], unified: bool) -> None:
        self.folders = dict(folders)
        self.unified = unified

    @property
    def usable(self) -> bool:
        """Whether a memory limit can be set."""
        return "memory" in self.folders


def find_hierarchy(mounts: str = "/proc/self/mounts", own: str = "/proc/self/cgroup") -> Hierarchy:
    """Return the control groups in which this process may make others."""
    try:
        with open(own) as file:
            ours = dict(line.strip().split(":", 2)[1:] for line in file)
        with open(mounts) as file:
            mounted = [line.split()[1:4] for line in file if line.split()[2] in ("cgroup", "cgroup2")]
    except OSError:
        return Hierarchy({}, False)
    folders = {}
    for names, path in ours.items():
        for place, kind, options in mounted:
            if names and kind == "cgroup" and set(names.split(",")) <= set(options.split(",")):
                folders.update({name: (place + path).rstrip("/") for name in names.split(",")})
    wanted = {name: path for name, path in folders.items() if name in ("memory", "cpu", "pids")}
    if "memory" not in wanted:
        return _unified(ours.get("", "/"), [place for place, kind, _ in mounted if kind == "cgroup2"])
    return Hierarchy({name: path for name, path in wanted.items() if os.access(path, os.W_OK)}, False)


def _unified(path: str, places: list[str]) -> Hierarchy:
    """Version 2: a group with processes of its own cannot hand controllers on, unless it is the root."""
    for place in places:
        for folder in ((place + path).rstrip("/"), place):
            try:
                with open(f"{folder}/cgroup.controllers") as file:
                    there = set(file.read().split()) & {"memory", "cpu", "pids"}
                _write(f"{folder}/cgroup.subtree_control", " ".join(f"+{name}" for name in sorted(there)))
            except OSError:
                continue
            if os.access(folder, os.W_OK):
                return Hierarchy(dict.fromkeys(there, folder), True)
    return Hierarchy({}, True)


class Cgroup:
    """The group of one attempt. A single-threaded process enters it, starts the payload and leaves again.

    Moving ourselves is cheaper by a shell's start than letting a shell enter, and the payload is inside from its
    first instruction.
    """

    def __init__(self, hierarchy: Hierarchy, job_id: str, resources: Mapping[str, Any]) -> None:
        self._hierarchy = hierarchy
        self._name = f"recast-{job_id}"
        limits = _limits(resources, hierarchy.unified)
        self._limits = {name: limits[name] for name in hierarchy.folders if limits.get(name)}
        self._homes = sorted({hierarchy.folders[name] for name in self._limits})

    def make(self) -> None:
        """Make the group and set its limits."""
        for home in self._homes:
            os.mkdir(f"{home}/{self._name}")
        for controller, settings in self._limits.items():
            folder = f"{self._hierarchy.folders[controller]}/{self._name}"
            for file, value in settings:
                try:
                    _write(f"{folder}/{file}", value)
                except FileNotFoundError:
                    continue  # swap is not accounted for on every kernel

    def enter(self) -> None:
        """Move this process in."""
        for home in self._homes:
            _write(f"{home}/{self._name}/cgroup.procs", "0")

    def leave(self) -> None:
        """Move this process back."""
        for home in self._homes:
            _write(f"{home}/cgroup.procs", "0")

    def peak_memory_bytes(self) -> int:
        """Return the most memory that was used at once, page cache included; 0 if the kernel does not say."""
        names = ("memory.peak",) if self._hierarchy.unified else ("memory.max_usage_in_bytes",)
        for name in names:
            text = self._read(name)
            if text.isdigit():
                return int(text)
        return 0

    def was_out_of_memory(self) -> bool:
        """Return whether the kernel killed a process of the group for its memory."""
        text = self._read("memory.events" if self._hierarchy.unified else "memory.oom_control")
        return any(line.split()[1:] != ["0"] for line in text.splitlines() if line.startswith("oom_kill "))

    def remove(self) -> None:
        """Remove the group; one whose last process is still ending is tried again for a second."""
        for home in self._homes:
            for attempt in range(20):
                try:
                    os.rmdir(f"{home}/{self._name}")
                    break
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.005 * (attempt + 1))

    def _read(self, name: str) -> str:
        try:
            with open(f"{self._hierarchy.folders['memory']}/{self._name}/{name}") as file:
                return file.read().strip()
        except OSError:
            return ""


def oom_kills() -> int:
    """Return how many processes the kernel has killed for memory since it started, in any control group."""
    try:
        with open("/proc/vmstat") as file:
            return next((int(line.split()[1]) for line in file if line.startswith("oom_kill ")), 0)
    except OSError:
        return 0


def _limits(resources: Mapping[str, Any], unified: bool) -> dict[str, list[tuple[str, str]]]:
    memory_bytes = str(resources["memory_mb"] * 1_000_000)
    # A quota as wide as the machine limits nothing.
    narrow = resources["cpus"] < (os.cpu_count() or 1)
    quota_us = str(int(resources["cpus"] * _PERIOD_US))
    if unified:
        return {
            "memory": [("memory.max", memory_bytes), ("memory.swap.max", "0")],
            "cpu": [("cpu.max", f"{quota_us} {_PERIOD_US}")] if narrow else [],
            "pids": [("pids.max", str(PIDS_MAX))],
        }
    return {
        "memory": [("memory.limit_in_bytes", memory_bytes), ("memory.memsw.limit_in_bytes", memory_bytes)],
        "cpu": [("cpu.cfs_quota_us", quota_us)] if narrow else [],
        "pids": [("pids.max", str(PIDS_MAX))],
    }


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)
