"""A slice of systemd around one container of Podman, whose counters outlive the container.

Podman's monitor writes down a process that the kernel killed for memory, but not always: with conmon 2.1.6 on a slow
Debian 12, the mark of a kill that the kernel had counted was missing in one of two runs. The container's own group is
gone when its first process is, so the kernel's count is read from a group above it that holds nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

from recast.worker.limits.groupfiles import entry_of
from recast.worker.limits.systemd import Refused, stop_unit
from recast.worker.processes.spawn import capture

__all__ = ["EngineSlice"]

_MOUNT = "/sys/fs/cgroup"


class EngineSlice:
    """The slice of one container. Where there can be none, `flags` is empty and `saw_a_kill` always False.

    `ask` is the command that prints the engine's manager of control groups and their version.
    """

    def __init__(self, name: str, ask: Sequence[str], mount: str = _MOUNT) -> None:
        self._name = name.replace("-", "_") + ".slice"  # a dash would make a slice within a slice
        manager, address = _manager(mount) if ask and _manages(tuple(ask)) else ("", "")
        self._folder, self._address = f"{manager}/{self._name}" if manager else "", address
        self.flags = [f"--cgroup-parent={self._name}"] if manager else []

    def saw_a_kill(self) -> bool:
        """Return whether the kernel killed a process of the container for its memory."""
        return bool(self._folder) and entry_of(f"{self._folder}/memory.events", "oom_kill") > 0

    def leave(self) -> None:
        """Let systemd remove the slice; one that stays is empty, and gone when the user's manager ends."""
        if self._folder and os.path.isdir(self._folder):
            try:
                stop_unit(self._address, self._name)
            except (Refused, OSError):
                return


@lru_cache(maxsize=8)
def _manages(ask: tuple[str, ...]) -> bool:
    """Return whether the engine lets systemd make its groups, of version 2: it knows when it falls back."""
    return capture(list(ask), dict(os.environ)).split() == ["systemd", "v2"]


def _manager(mount: str) -> tuple[str, str]:
    """Return the group of the systemd manager that an engine of ours asks, and the manager's socket; empty if none."""
    user = os.geteuid()
    if user == 0:
        return mount, "/run/systemd/private"
    folder = f"{mount}/user.slice/user-{user}.slice/user@{user}.service"
    return (folder, f"/run/user/{user}/systemd/private") if os.path.isdir(folder) else ("", "")
