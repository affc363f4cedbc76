"""Which limits the kernel does not hold for a run, in words."""

from __future__ import annotations

import os
from collections.abc import Sequence

from recast.worker.json_types import JsonObject
from recast.worker.limits.cgroup import Group

__all__ = ["in_words", "not_held"]

_WATCHED = ("memory", "processes")


def in_words(names: Sequence[str], why: str, next_step: str) -> list[str]:
    """Return what a user is told, in lines: which limits (`memory`, `processes`, `cpus`), why, and what to type."""
    watched = [name for name in names if name in _WATCHED]
    instead = []
    if watched:
        instead.append(
            f"{' and '.join(watched)} {'are' if watched != ['memory'] else 'is'} looked at four times a second"
        )
    if "cpus" in names:
        instead.append("a step may use all cpus")
    lines = [f"the kernel holds no limits on {', '.join(names)} here: {why}", f"instead, {'; '.join(instead)}"]
    return [*lines, f"to have them held: {next_step.removeprefix('# ')}"] if next_step else lines


def not_held(group: Group, resources: JsonObject) -> list[str]:
    """Return which limits the control groups here cannot hold; a quota as wide as the machine is none."""
    kinds = {"memory": "memory", "pids": "processes"}
    if resources["cpus"] < (os.cpu_count() or 1):
        kinds["cpu"] = "cpus"
    return [words for name, words in kinds.items() if not group.holds(name)]
