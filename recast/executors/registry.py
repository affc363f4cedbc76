"""The installed executors: those in the entry point group `recast.executors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recast.errors import ExecutorError, UsageError

__all__ = ["GROUP", "OWN", "Registered", "executor_class", "executors"]

GROUP = "recast.executors"

OWN = {
    "arc": "recast.executors.arc:ArcSystem",
    "htcondor": "recast.executors.htcondor:HTCondorSystem",
    "local": "recast.executors.local:LocalExecutor",
    "panda": "recast.executors.panda:PandaSystem",
    "slurm": "recast.executors.slurm:SlurmSystem",
}
"""The executors of this package, as in pyproject.toml, so that a checkout that is not installed has them, too."""

_SOURCE = "recast-framework"


@dataclass(frozen=True, slots=True)
class Registered:
    """One installed executor: `target` is `module:class`, `source` the distribution that provides it.

    The class is an Executor, or a BatchSystem that `recast.executors.batch` turns into one.
    """

    name: str
    target: str
    source: str

    @property
    def fix(self) -> str:
        """Return what to type if it cannot be loaded."""
        extra = f"[{self.name}]" if self.name in _extras(self.source) else ""
        return f"pip install '{self.source}{extra}'"


def executors() -> list[Registered]:
    """Return all installed executors, by name. Nothing of them is imported."""
    from importlib.metadata import entry_points

    found = {
        point.name: Registered(point.name, point.value, point.dist.name if point.dist else "")
        for point in entry_points(group=GROUP)
    }
    found |= {name: Registered(name, target, _SOURCE) for name, target in OWN.items()}
    return [found[name] for name in sorted(found)]


def executor_class(name: str) -> type[Any]:
    """Import and return an executor's class; raise UsageError for an unknown name, ExecutorError for a broken one."""
    # Our own executors are found without scanning all installed packages, which takes as long as the rest of the
    # start-up.
    target = OWN.get(name)
    entry = Registered(name, target, _SOURCE) if target else _registered(name)
    import importlib

    module, _, attribute = entry.target.partition(":")
    try:
        loaded: type[Any] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as problem:
        raise ExecutorError(
            f"The executor {name!r} cannot be loaded",
            where=f"{entry.target} of {entry.source}",
            why=str(problem),
            next_step=entry.fix,
        ) from problem
    return loaded


def _registered(name: str) -> Registered:
    known = executors()
    for entry in known:
        if entry.name == name:
            return entry
    from recast.suggest import nearest

    names = [entry.name for entry in known]
    near = nearest(name, names)
    raise UsageError(
        f"There is no executor {name!r}",
        why=f"installed are: {', '.join(names)}",
        next_step=f"--executor {near}" if near else "recast executors ls",
    )


def _extras(source: str) -> list[str]:
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        return metadata(source).get_all("Provides-Extra") or []
    except PackageNotFoundError:
        return []
