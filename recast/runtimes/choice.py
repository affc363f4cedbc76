"""Which runtime starts the containers."""

from __future__ import annotations

from collections.abc import Sequence

from recast.errors import RuntimeUnavailable, UsageError
from recast.runtimes.protocol import Runtime

__all__ = ["choose_runtime", "runtime_by_name", "runtime_names"]

_CLASSES = {
    # In the order in which they are tried: no daemon and the least set-up first.
    "bubblewrap": ("recast.runtimes.bubblewrap", "Bubblewrap"),
    "podman": ("recast.runtimes.podman", "Podman"),
    "docker": ("recast.runtimes.docker", "Docker"),
    "apptainer": ("recast.runtimes.apptainer", "Apptainer"),
}


def runtime_names() -> list[str]:
    """Return the names of all runtimes, the preferred first."""
    return list(_CLASSES)


def runtime_by_name(name: str) -> Runtime:
    """Return a runtime by its name on the command line; raise UsageError if there is none such."""
    import importlib

    if name not in _CLASSES:
        raise UsageError(f"There is no runtime {name!r}", next_step=f"--runtime {'|'.join(_CLASSES)}")
    module, class_name = _CLASSES[name]
    runtime: Runtime = getattr(importlib.import_module(module), class_name)()
    return runtime


def choose_runtime(name: str | None = None, among: Sequence[str] | None = None) -> Runtime:
    """Return the first runtime that really starts a container here, or the named one if it does.

    `among` are those that may be taken, if not all of them. Raises RuntimeUnavailable with what each lacks and the line
    that mends the preferred one.
    """
    lacking = []
    for candidate in [name] if name else [other for other in _CLASSES if among is None or other in among]:
        runtime = runtime_by_name(candidate)
        probe = runtime.probe()
        if probe.ok:
            return runtime
        lacking.append((candidate, probe))
    if not lacking:
        raise RuntimeUnavailable("No container runtime may be used here", why=f"Allowed are: {', '.join(among or ())}.")
    raise RuntimeUnavailable(
        f"{name} cannot start a container here" if name else "No container runtime works here",
        why="\n".join(f"{candidate}: {probe.found}" for candidate, probe in lacking),
        next_step=lacking[0][1].fix,
    )
