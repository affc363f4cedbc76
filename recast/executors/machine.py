"""What this machine has and what it lacks, each with the command that fixes it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

from recast.counted import counted
from recast.errors import UsageError
from recast.machine.advice import ADVICE, limits, tool, user_namespaces
from recast.machine.facts import Facts, gather_facts
from recast.machine.packages import as_typed, installed
from recast.paths import Places
from recast.runtimes import Runtime, runtime_by_name, runtime_names

__all__ = ["Check", "Proven", "examine"]

_GB = 1_000_000_000
_LEAST_DISK_BYTES = 2 * _GB
_TOOLS = ("mmdebstrap", "buildah", "skopeo")


class Proven(Protocol):
    """The outcome of starting a container (`recast.operations.prove_runtime.Proof`)."""

    @property
    def started(self) -> bool:
        """Whether the container started."""

    @property
    def limit(self) -> str:
        """Whether its memory limit was `held`, `watched` or `broken`, or is `unknown`."""

    @property
    def found(self) -> str:
        """The outcome as a sentence."""


Prove = Callable[[Runtime], Proven]


@dataclass(frozen=True, slots=True)
class Check:
    """One check. One that is not `needed` may fail: something is slower or missing, but runs work."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    needed: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the check as a JSON object; a passed one has no fix."""
        fix = "" if self.ok else self.fix
        return {"name": self.name, "ok": self.ok, "found": self.found, "fix": fix, "needed": self.needed}


def examine(
    places: Places,
    prove: Prove | None = None,
    say: Callable[[str], None] = lambda _: None,
    only: Sequence[str] = (),
) -> list[Check]:
    """Check everything that a run needs or benefits from, or only the items in `only`; raise UsageError for unknown
    ones.

    With `prove`, each available runtime starts a container that exceeds a limit: a second each, more on a slow machine.
    Without, they are only tried as before a run. `say` is called with the current item.
    """
    facts = gather_facts()
    looks = _looks(places, facts, prove, say)
    if unknown := [name for name in only if name not in looks]:
        known = ", ".join(looks)
        raise UsageError(f"doctor has no check {unknown[0]!r}", why=f"Its checks are {known}.")
    found = {name: look() for name, look in looks.items() if name in (only or looks)}
    if not only:
        runtimes = [found[name] for name in runtime_names()]
        return [found.pop("python"), _any_runtime(runtimes), *found.values()]
    return list(found.values())


def _looks(
    places: Places, facts: Facts, prove: Prove | None, say: Callable[[str], None]
) -> dict[str, Callable[[], Check]]:
    """Return the checks by name, in the order in which they are shown."""
    folders = {
        "state folder": (places.state_dir, "RECAST_HOME"),
        "image store": (places.image_store, "RECAST_IMAGE_STORE"),
        "catalogue store": (places.catalogue_store, "RECAST_CATALOGUE"),
        "artifact store": (places.artifact_store, "RECAST_HOME"),
    }
    return {
        "python": partial(_python, facts),
        **{name: partial(_runtime, name, facts, prove, say) for name in runtime_names()},
        "user namespaces": partial(_user_namespaces, facts),
        **{name: partial(_tool, name, facts) for name in _TOOLS},
        "cgroup limits": partial(_limits, places.cache_dir / "worker", facts, say),
        "configuration": partial(_settings_file, "configuration", _config),
        "site rules": partial(_settings_file, "site rules", _site_rules),
        "free disk": partial(_disk, places.state_dir),
        **{name: partial(_writable, name, folder, variable) for name, (folder, variable) in folders.items()},
    }


def _python(facts: Facts) -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check("python", sys.version_info >= (3, 11), found, installed(facts, "python3"), needed=True)


def _runtime(name: str, facts: Facts, prove: Prove | None, say: Callable[[str], None]) -> Check:
    """Check whether a runtime starts containers: by probing it and, with `prove`, by starting one."""
    say(f"looking for {name}")
    runtime = runtime_by_name(name)
    probe = runtime.probe(trusted=prove is not None)
    if not probe.ok or prove is None:
        return Check(name, probe.ok, probe.found, probe.fix)
    proof = prove(runtime)
    found = f"{probe.found}; {proof.found}"
    if not proof.started:
        return Check(name, False, *ADVICE[name](facts, found))
    if proof.limit == "broken":
        return Check(name, False, *limits(facts, found))
    return Check(name, True, found)


def _any_runtime(runtimes: Sequence[Check]) -> Check:
    working = [check.name for check in runtimes if check.ok]
    found = f"{working[0]} can start containers" if working else "no runtime here can start containers"
    lines = [check.fix for check in runtimes if not check.fix.startswith("#")]
    return Check("container runtime", bool(working), found, next(iter(lines), runtimes[0].fix), needed=True)


def _user_namespaces(facts: Facts) -> Check:
    """Check whether this user may create a user namespace, according to the kernel's settings."""
    refused = user_namespaces(facts)
    if refused is not None:
        return Check("user namespaces", False, *refused)
    return Check("user namespaces", True, f"up to {facts.sysctls.get('user.max_user_namespaces', 'many')}")


def _tool(name: str, facts: Facts) -> Check:
    program = shutil.which(name)
    return Check(name, True, program) if program else Check(name, False, *tool(facts, name))


def _limits(folder: Path, facts: Facts, say: Callable[[str], None]) -> Check:
    """Check whether a worker that is started here can enforce limits; the memory limit is tested."""
    from recast.executors.limits import limits_here

    say("exceeding a memory limit")
    here = limits_here(folder)
    held = ", ".join(here.held)
    if not here.why:
        found = f"version {here.version}: {held}; a process that used too much memory was ended"
        return Check("cgroup limits", True, found)
    others = f"held: {held}; " if held else "memory and processes are monitored from outside, cpus are not limited; "
    found = others + here.why
    return Check("cgroup limits", False, found, as_typed(facts, here.next_step) or limits(facts, found).fix)


def _settings_file(name: str, read: Callable[[], str]) -> Check:
    """Return which file is used; one that cannot be read prevents every run."""
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
    free_bytes = _free_bytes(there)
    larger = next((path for path in _elsewhere() if _free_bytes(path.parent) >= _LEAST_DISK_BYTES), None)
    fix = f"export RECAST_HOME={larger}" if larger else f"# free some space: du -xh {there} | sort -h | tail"
    found = f"{free_bytes / _GB:.1f} GB at {there}"
    return Check("free disk", free_bytes >= _LEAST_DISK_BYTES, found, fix, needed=True)


def _free_bytes(folder: Path) -> int:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


def _elsewhere() -> list[Path]:
    """Return alternative locations for the folder of all runs."""
    names = (Path.home() / "recast", Path(f"/var/tmp/recast-{os.geteuid()}"), Path(f"/tmp/recast-{os.geteuid()}"))  # noqa: S108
    return [path for path in names if path.parent.is_dir() and not _why_not_writable(path)]


def _writable(name: str, folder: Path, variable: str) -> Check:
    problem = _why_not_writable(folder)
    place = next(iter(_elsewhere()), None) if problem else None
    ending = "" if variable == "RECAST_HOME" else f"/{variable.removeprefix('RECAST_').lower()}"
    fix = f"export {variable}={place}{ending}" if place else f"# set {variable} to a folder that you can write"
    return Check(name, not problem, problem or str(folder), fix, needed=True)


def _why_not_writable(folder: Path) -> str:
    """Return why a folder is not writable, empty if it is; tries it, since permission bits do not show a read-only
    mount.
    """
    import tempfile

    parents: Iterable[Path] = (folder, *folder.parents)
    there = next(path for path in parents if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as problem:
        return f"{there}{os.sep if there.is_dir() else ''}: {problem.strerror}"
