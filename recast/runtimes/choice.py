"""Choose the runtime that starts the containers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from recast.errors import RuntimeUnavailable, UsageError
from recast.runtimes.protocol import Probe, Runtime

__all__ = ["choose_runtime", "runtime_by_name", "runtime_names"]

_CLASSES = {
    # In the order of preference: no daemon and the least set-up first.
    "bubblewrap": ("recast.runtimes.bubblewrap", "Bubblewrap"),
    "podman": ("recast.runtimes.podman", "Podman"),
    "docker": ("recast.runtimes.docker", "Docker"),
    "apptainer": ("recast.runtimes.apptainer", "Apptainer"),
}


def runtime_names() -> list[str]:
    """Return the names of all runtimes, the preferred one first."""
    return list(_CLASSES)


def runtime_by_name(name: str) -> Runtime:
    """Return a runtime by its name on the command line; raise UsageError if it does not exist."""
    import importlib

    if name not in _CLASSES:
        raise UsageError(f"There is no runtime {name!r}", next_step=f"--runtime {'|'.join(_CLASSES)}")
    module, class_name = _CLASSES[name]
    runtime: Runtime = getattr(importlib.import_module(module), class_name)()
    return runtime


def choose_runtime(
    name: str | None = None, among: Sequence[str] | None = None, say: Callable[[str], None] = lambda _: None
) -> Runtime:
    """Return the first runtime that actually starts a container here, or the named one if it does.

    `among` are the allowed ones, by default all. `say` is called with the reason why a preferred one is skipped. Raises
    RuntimeUnavailable with what each lacks, and the command that fixes the one closest to working.
    """
    lacking: list[tuple[str, Probe]] = []
    for candidate in [name] if name else [other for other in _CLASSES if among is None or other in among]:
        runtime = runtime_by_name(candidate)
        probe = _probed(runtime)
        if probe.ok:
            for passed, why in lacking:
                say(f"containers are started by {candidate}, not by {passed}: {why.found}; {why.fix}")
            return runtime
        lacking.append((candidate, probe))
    if not lacking:
        raise RuntimeUnavailable("No container runtime may be used here", why=f"Allowed are: {', '.join(among or ())}.")
    nearest = next((probe for _, probe in lacking if not probe.missing), lacking[0][1])
    raise RuntimeUnavailable(
        f"{name} cannot start a container here" if name else "No container runtime works here",
        why="\n".join(_line(candidate, probe, len(lacking)) for candidate, probe in lacking),
        next_step=nearest.fix,
    )


def _line(candidate: str, probe: Probe, count: int) -> str:
    """Return what one runtime lacks and, if there are others, the command that fixes it."""
    return f"{candidate}: {probe.found}" + (f"   ({probe.fix})" if count > 1 and probe.fix else "")


def _probed(runtime: Runtime) -> Probe:
    """Probe a runtime; if its probe is costly, a success is trusted for an hour."""
    if not getattr(runtime, "costly", False):
        return runtime.probe()
    from recast.paths import places
    from recast.runtimes.proven import Proven

    proven = Proven(places().cache_dir / "started-containers.json")
    trusted = proven.trusts(runtime.name)
    probe = runtime.probe(trusted=trusted)
    if probe.ok and not trusted:
        proven.note(runtime.name)
    return probe
