"""What this machine offers and what it lacks, each with the one line that mends it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from recast.counted import counted
from recast.errors import UsageError
from recast.places import Places
from recast.runtimes import Probe, runtime_by_name, runtime_names

__all__ = ["Check", "examine"]

_GB = 1_000_000_000
_LEAST_DISK_BYTES = 2 * _GB
_TOOLS = {
    "mmdebstrap": "apt-get install -y --no-install-recommends mmdebstrap",
    "buildah": "apt-get install -y --no-install-recommends buildah",
    "skopeo": "apt-get install -y --no-install-recommends skopeo",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding. A check that is not `needed` may fail: something is slower or missing, but runs work."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    needed: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the check as a JSON object; an OK one has nothing to fix."""
        fix = "" if self.ok else self.fix
        return {"name": self.name, "ok": self.ok, "found": self.found, "fix": fix, "needed": self.needed}


def examine(places: Places) -> list[Check]:
    """Look at everything that a run needs or profits from; takes about a second."""
    runtimes = {name: runtime_by_name(name).probe() for name in runtime_names()}
    return [
        _python(),
        _any_runtime(runtimes),
        *(Check(name, probe.ok, probe.found, probe.fix) for name, probe in runtimes.items()),
        _user_namespaces(),
        *(_tool(name, fix) for name, fix in _TOOLS.items()),
        _cgroups(places.cache_dir / "worker"),
        _settings_file("configuration", _config),
        _settings_file("site rules", _site_rules),
        _disk(places.state_dir),
        _writable("state folder", places.state_dir, "RECAST_HOME"),
        _writable("image store", places.image_store, "RECAST_IMAGE_STORE"),
        _writable("catalogue store", places.catalogue_store, "RECAST_CATALOGUE"),
        _writable("artifact store", places.artifact_store, "RECAST_HOME"),
    ]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), found, "apt-get install -y python3", needed=True)


def _any_runtime(runtimes: dict[str, Probe]) -> Check:
    working = [name for name, probe in runtimes.items() if probe.ok]
    found = f"containers are started by {working[0]}" if working else "nothing here starts a container"
    return Check("container runtime", bool(working), found, next(iter(runtimes.values())).fix, needed=True)


def _user_namespaces() -> Check:
    """Whether an ordinary user may have a user namespace, as the kernel's settings say."""
    fix = "sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
    values = {}
    for name in ("user/max_user_namespaces", "kernel/unprivileged_userns_clone"):
        try:
            values[name] = int(Path("/proc/sys", name).read_text())
        except (OSError, ValueError):
            continue
    forbidden = [name.replace("/", ".") for name, value in values.items() if value == 0]
    if forbidden or not Path("/proc/self/ns/user").exists():
        return Check("user namespaces", False, f"forbidden by {', '.join(forbidden) or 'the kernel'}", fix)
    return Check("user namespaces", True, f"up to {values.get('user/max_user_namespaces', 'many')}")


def _tool(name: str, fix: str) -> Check:
    program = shutil.which(name)
    return Check(name, program is not None, program or "not installed", fix)


def _cgroups(folder: Path) -> Check:
    """Whether a worker that is started here can hold limits; of memory it is tried."""
    from recast.executors.limits import limits_here

    limits = limits_here(folder)
    held = ", ".join(limits.held)
    if not limits.why:
        return Check(
            "cgroup limits", True, f"version {limits.version}: {held}; a process with too much memory was ended"
        )
    others = f"held: {held}; " if held else "memory and processes are watched from outside, cpus are not limited; "
    return Check("cgroup limits", False, others + limits.why, limits.next_step)


def _settings_file(name: str, read: Callable[[], str]) -> Check:
    """Say which file is in force; one that cannot be read stops every run."""
    try:
        return Check(name, True, read() or "none")
    except UsageError as problem:
        return Check(name, False, f"{problem}: {problem.why}", problem.next_step, needed=True)


def _config() -> str:
    from recast.config import load_config

    return load_config().path


def _site_rules() -> str:
    from recast.site import site_policies

    return ", ".join(f"{policy.file.path} ({counted(len(policy.rules), 'rule')})" for policy in site_policies())


def _disk(folder: Path) -> Check:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    free_bytes = shutil.disk_usage(there).free
    enough = free_bytes >= _LEAST_DISK_BYTES
    fix = f"free some space on the disk of {there}, or set RECAST_HOME to another disk"
    return Check("free disk", enough, f"{free_bytes / _GB:.1f} GB at {there}", fix, needed=True)


def _writable(name: str, folder: Path, variable: str) -> Check:
    problem = _why_not_writable(folder)
    fix = f"export {variable}=<a folder that you can write>"
    return Check(name, not problem, problem or str(folder), fix, needed=True)


def _why_not_writable(folder: Path) -> str:
    """Return why nothing can be written there, empty if it can; access bits do not tell of a read-only mount."""
    import tempfile

    parents: Iterable[Path] = (folder, *folder.parents)
    there = next(path for path in parents if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as problem:
        return f"{there}{os.sep if there.is_dir() else ''}: {problem.strerror}"
