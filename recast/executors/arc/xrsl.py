"""Job descriptions in xRSL, the language of ARC. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["LOG", "Wish", "describe", "job_name", "quoted", "relation", "together"]

LOG = "recast-worker.log"
"""What the worker itself says, in a job's session folder."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What one job is to be: its name, its argv, its input files (name, bytes), what it may use.

    `queue` may be empty, and so may `delegation`, the id of a proxy that the computing element has of us. Inputs are
    uploaded by us: the job starts when all of them are there.
    """

    name: str
    argv: Sequence[str]
    inputs: Sequence[tuple[str, int]]
    cpus: float
    memory_mb: int
    disk_mb: int
    walltime_s: int
    queue: str = ""
    runtime_environments: Sequence[str] = ()
    delegation: str = ""


def job_name(array: str, index: int) -> str:
    """Return the name of a job of an array."""
    return f"{array}.{index}"


def describe(wish: Wish) -> str:
    """Return the description of one job; raise ValueError for a text that xRSL cannot hold."""
    executable, *arguments = wish.argv
    parts = [
        relation("executable", executable),
        relation("arguments", *arguments),
        relation("jobname", wish.name),
        relation("stdout", LOG),
        relation("stderr", LOG),
        # An empty target: it stays in the session folder until we have fetched it.
        f"(outputfiles={_pair('out/', '')}{_pair(LOG, '')})",
        f"(inputfiles={''.join(_pair(name, str(size)) for name, size in wish.inputs)})",
        relation("walltime", str(math.ceil(wish.walltime_s / 60))),
        relation("memory", str(wish.memory_mb)),
        relation("disk", str(wish.disk_mb)),
        relation("rerun", "0"),
        *(relation("runtimeenvironment", name) for name in wish.runtime_environments),
    ]
    cores = math.ceil(wish.cpus)
    if cores > 1:
        parts += [relation("count", str(cores)), relation("countpernode", str(cores))]
    for name, value in (("queue", wish.queue), ("delegationid", wish.delegation)):
        if value:
            parts.append(relation(name, value))
    return "&" + "".join(parts)


def together(descriptions: Iterable[str]) -> str:
    """Return one description of several jobs."""
    return "+" + "".join(f"({text})" for text in descriptions)


def relation(name: str, *values: str) -> str:
    """Return `(name="value" ...)`."""
    return f"({name}={' '.join(map(quoted, values))})"


def quoted(text: str) -> str:
    """Return a text in double quotes, which double inside; raise ValueError for what ends a line or a string."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in text):
        raise ValueError(f"{text!r} has a control character, which a job description cannot hold")
    return '"' + text.replace('"', '""') + '"'


def _pair(name: str, value: str) -> str:
    return f"({quoted(name)} {quoted(value)})"
