"""The flags that Podman needs on this machine."""

from __future__ import annotations

from pathlib import Path

from recast.runtimes.payload import has_program

__all__ = ["needed_flags"]


def needed_flags(cgroups: Path = Path("/sys/fs/cgroup"), systemd: Path = Path("/run/systemd/system")) -> list[str]:
    """Return the flags that this machine needs.

    crun refuses hybrid control groups, runc does not. Without systemd there is no manager for control groups, and no
    journal for events.
    """
    flags = []
    if (cgroups / "unified").is_dir() and has_program("runc"):
        flags += ["--runtime=runc"]
    if not systemd.is_dir():
        flags += ["--cgroup-manager=cgroupfs", "--events-backend=file"]
    return flags
