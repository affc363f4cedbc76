"""Which executors there are: whatever is installed under the entry point group `recast.executors`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from recast.errors import ExecutorError, UsageError

__all__ = ["GROUP", "Registered", "executor_class", "executors"]

GROUP = "recast.executors"


@dataclass(frozen=True, slots=True)
class Registered:
    """One executor that can be named: `target` is `module:class`, `source` the distribution that brings it."""

    name: str
    target: str
    source: str


def executors() -> list[Registered]:
    """Return all installed executors, by name. Nothing of them is imported."""
    from importlib.metadata import entry_points

    found = {
        point.name: Registered(point.name, point.value, point.dist.name if point.dist else "")
        for point in entry_points(group=GROUP)
    }
    # A checkout that was never installed still has its own.
    found.setdefault("local", Registered("local", "recast.executors.local:LocalExecutor", "recast-framework"))
    return [found[name] for name in sorted(found)]


def executor_class(name: str) -> type[Any]:
    """Import and return an executor's class; raise UsageError for an unknown name, ExecutorError for a broken one."""
    import importlib

    for entry in executors():
        if entry.name == name:
            module, _, attribute = entry.target.partition(":")
            try:
                loaded: type[Any] = getattr(importlib.import_module(module), attribute)
            except (ImportError, AttributeError) as problem:
                raise ExecutorError(
                    f"The executor {name!r} cannot be loaded",
                    where=f"{entry.target} of {entry.source}",
                    why=str(problem),
                    next_step=f"install {entry.source} again, with its extras",
                ) from problem
            return loaded
    names = ", ".join(entry.name for entry in executors())
    raise UsageError(f"There is no executor {name!r}", why=f"installed are: {names}", next_step="recast executors ls")
