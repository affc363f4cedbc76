"""Memory, cpu and process limits enforced by the kernel: control groups, version 1 or 2.

A group is created inside our own, so that a batch system's limits still apply.
"""

from __future__ import annotations

import contextlib
import os

from recast.worker.json_types import JsonObject
from recast.worker.limits.groupfiles import KeptFile, entry_of, number_of, read_text, write_text
from recast.worker.limits.hierarchy import Hierarchy
from recast.worker.limits.peak import Peak
from recast.worker.limits.place import REST, Lack

__all__ = ["PIDS_MAX", "Group", "lift_cpu", "oom_kills", "prefer_as_victim", "sweep"]

PIDS_MAX = 1024
"""Processes that one job may have at a time, in any runtime: far more than an analysis needs."""

_PERIOD_US = 100_000
_CPUS = os.cpu_count() or 1
_PREFIX = "recast-worker-"
_SWAP = ("memory.memsw.limit_in_bytes", "memory.swap.max")
"""Swap is not accounted for on every kernel."""


def lift_cpu(hierarchy: Hierarchy, pid: int) -> None:
    """Let the group of a slot have all the cpu it wants, so that what is to be killed gets to die.

    A group with thousands of runnable processes can use up its quota without any of them getting anywhere.
    """
    folder = f"{hierarchy.folders.get('cpu', '')}/{_PREFIX}{pid}"
    file, value = ("cpu.max", f"max {_PERIOD_US}") if hierarchy.unified else ("cpu.cfs_quota_us", "-1")
    with contextlib.suppress(OSError):
        write_text(f"{folder}/{file}", value)


class Group:
    """A control group in which a single-threaded process lives together with the payloads that it starts.

    Moving a process between groups waits for the whole machine, milliseconds at a time. So we move in once and then
    change the limits from payload to payload. The payload is inside from its first instruction.
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._name = f"{_PREFIX}{os.getpid()}"
        self._homes = sorted(set(hierarchy.folders.values()))
        self._is_inside = False
        self._set: dict[str, str] = {}
        self._ooms = self._oom_kills = 0
        self._peak: Peak | None = None
        if self.holds("memory"):
            self._peak = Peak(self._folder(), hierarchy.unified)
            self._events = KeptFile(
                f"{self._folder()}/{'memory.events' if hierarchy.unified else 'memory.oom_control'}"
            )

    @property
    def lack(self) -> Lack | None:
        """Return what is wanting where not every limit can be held, None if all can be."""
        return self._hierarchy.lack

    def holds(self, controller: str) -> bool:
        """Return whether limits of a kind (`cpu`, `memory`, `pids`) can be set."""
        return controller in self._hierarchy.folders

    def hold(self, resources: JsonObject | None) -> None:
        """Set the limits for the next payload, or lift them for None. Raises OSError."""
        if not self._homes or (resources is None and not self._is_inside):
            return
        if not self._is_inside:
            self._move_in()
        for controller, settings in _limits(resources, self._hierarchy.unified).items():
            if controller in self._hierarchy.folders:
                self._apply(self._hierarchy.folders[controller], settings)
        if resources is not None and self._peak is not None:
            self._peak.begin()
            events = self._events.read()
            self._ooms, self._oom_kills = number_of(events, "oom"), number_of(events, "oom_kill")

    def _move_in(self) -> None:
        for home in self._homes:
            try:
                self._enter(home)
            except FileNotFoundError:
                self._enter(home)  # swept away before we were in, by a worker that cannot see our process
        self._is_inside = True

    def _enter(self, home: str) -> None:
        os.makedirs(f"{home}/{self._name}", exist_ok=True)
        write_text(f"{home}/{self._name}/cgroup.procs", "0")

    def _apply(self, home: str, settings: list[tuple[str, str]]) -> None:
        """Write what differs from the last time."""
        if all(self._set.get(file) == value for file, value in dict(settings).items()):
            return
        for file, value in settings:
            try:
                write_text(f"{home}/{self._name}/{file}", value)
            except FileNotFoundError:
                if file not in _SWAP:
                    raise
            self._set[file] = value

    def forget(self) -> None:
        """Write every limit anew for the next payload: somebody else may have lifted one."""
        self._set.clear()

    def peak_memory_bytes(self) -> int:
        """Return the most memory that was used at once, page cache included; 0 if the kernel does not say."""
        return self._peak.bytes() if self._peak is not None else 0

    def was_out_of_memory(self) -> bool:
        """Return whether the kernel killed a process of this payload for its memory."""
        return self._peak is not None and number_of(self._events.read(), "oom_kill") > self._oom_kills

    def was_limit_above(self) -> bool:
        """Return whether a process was killed for a limit above ours, or for the whole machine; version 1 cannot tell.

        In `memory.events` a group counts its own limit as `oom`, and the death of its processes whichever group ran
        out.
        """
        return self._hierarchy.unified and number_of(self._events.read(), "oom") == self._ooms

    def remove(self) -> None:
        """Move out and remove the group."""
        if not self._is_inside:
            return
        for home in self._homes:
            try:
                write_text(f"{self._hierarchy.rest or home}/cgroup.procs", "0")
                os.rmdir(f"{home}/{self._name}")
            except OSError:
                continue  # a last process is still ending: `sweep` of the next worker finds it
        self._is_inside = False

    def _folder(self) -> str:
        return f"{self._hierarchy.folders['memory']}/{self._name}"


def sweep(hierarchy: Hierarchy) -> None:
    """Remove the groups that killed workers left.

    A group of a process that lives may be empty for a moment, before its owner moves in; it is not touched.
    """
    for home in set(hierarchy.folders.values()):
        for name in os.listdir(home):
            if name.startswith((_PREFIX, REST)) and not os.path.exists(f"/proc/{name.rpartition('-')[2]}"):
                try:
                    os.rmdir(f"{home}/{name}")
                except OSError:
                    continue


def prefer_as_victim(preferred: bool) -> None:
    """Make what we start from now on the first to be killed for memory, before ourselves; or stop doing so."""
    try:
        write_text("/proc/self/oom_score_adj", "1000" if preferred else _OWN_OOM_SCORE)
    except OSError:
        return


def oom_kills() -> int:
    """Return how many processes the kernel has killed for memory since it started, in any control group."""
    return entry_of("/proc/vmstat", "oom_kill")


def _limits(resources: JsonObject | None, unified: bool) -> dict[str, list[tuple[str, str]]]:
    """Return controller -> (file, value) in the order in which they are to be written."""
    none = "max" if unified else "-1"
    memory_bytes = quota_us = none
    if resources is not None:
        memory_bytes = str(resources["memory_mb"] * 1_000_000)
        # A quota as wide as the machine limits nothing.
        if resources["cpus"] < _CPUS:
            quota_us = str(int(resources["cpus"] * _PERIOD_US))
    if unified:
        return {
            "memory": [("memory.max", memory_bytes), ("memory.swap.max", "0")],
            "cpu": [("cpu.max", f"{quota_us} {_PERIOD_US}")],
            "pids": [("pids.max", str(PIDS_MAX))],
        }
    return {
        # The limit with swap must never be below the one without.
        "memory": [
            ("memory.memsw.limit_in_bytes", none),
            ("memory.limit_in_bytes", memory_bytes),
            ("memory.memsw.limit_in_bytes", memory_bytes),
        ],
        "cpu": [("cpu.cfs_quota_us", quota_us)],
        "pids": [("pids.max", str(PIDS_MAX))],
    }


_OWN_OOM_SCORE = read_text("/proc/self/oom_score_adj") or "0"
