"""What batch systems say, which repeat what nodes and users have written: Slurm, HTCondor, ARC."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from recast.errors import RecastError
from recast.executors.arc import answers as arc
from recast.executors.htcondor.userlog import events_of, seen_in
from recast.executors.slurm import answers as slurm
from recast.executors.slurm.ranges import indexes_of
from recast.executors.slurm.states import verdict, verdict_of_log
from tests.fuzz.border import Border
from tests.fuzz.mutations import mutated_bytes, mutated_json, mutated_parts

__all__ = ["BORDERS"]


def feed_slurm(data: bytes) -> None:
    """What squeue, sacct, scontrol and sbatch print, and the log of a job."""
    text = data.decode("utf-8", "replace")
    readers: tuple[Callable[[str], Any], ...] = (
        slurm.submitted_id, lambda said: list(slurm.squeue_rows(said)), lambda said: list(slurm.sacct_rows(said)),
        slurm.config_of, slurm.nodes_of, lambda said: list(indexes_of(said[:4000])),
    )  # fmt: skip
    for read in readers:
        with contextlib.suppress(RecastError, ValueError):  # which the engine makes an error of
            read(text)
    with contextlib.suppress(ValueError):
        verdict(text[:40], text, text[:10])
    verdict_of_log(text)


def feed_htcondor(data: bytes) -> None:
    """The event log of a job."""
    for event in events_of(data.decode("utf-8", "replace")):
        seen_in(event, "array")


def feed_arc(data: bytes) -> None:
    """What a computing element answers."""
    for read in (arc.versions, arc.creations, arc.deeds, arc.listing):
        with contextlib.suppress(RecastError, ValueError):
            read(data)
    arc.facts(data.decode("utf-8", "replace"))


_SLURM = (
    b"12;cluster\n",
    b"12_[0-3,5%2]|PENDING|Resources||node1\n12_4|RUNNING|None|0:0|node[1-2]\n",
    b"A = b\nC = d\n",
)
_CONDOR = b"""000 (012.003.000) 2026-01-31 12:00:00 Job submitted from host: <127.0.0.1:9618?addrs=x>
...
001 (012.003.000) 2026-01-31 12:00:01 Job executing on host: <127.0.0.1:9618>
\tSlotName: slot1@node
...
005 (012.003.000) 2026-01-31 12:00:02 Job terminated.
\t(1) Normal termination (return value 0)
...
012 (012.003.000) 2026-01-31 12:00:03 Job was held.
\tError from slot1@node: memory usage exceeded
\tCode 34 Subcode 102
...
"""
_ARC = (
    b'{"version": ["1.0"]}',
    b'{"job": [{"status-code": "201", "reason": "Created", "id": "a", "state": "ACCEPTING"}]}',
    b'{"job": {"id": "a", "status-code": "202", "info_document": {"ComputingActivity": {"State": ["x"]}}}}',
)
_by_line = mutated_parts(b"\n", mutated_bytes)

BORDERS = [
    Border("slurm", feed_slurm, lambda: [*_SLURM], _by_line),
    Border("htcondor", feed_htcondor, lambda: [_CONDOR], _by_line),
    Border("arc", feed_arc, lambda: [*_ARC], mutated_json),
]
