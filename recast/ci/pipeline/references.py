"""Which reference a pipeline compares with, and when it moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from recast.ci.pipeline.order import PipelineOrder, Tools
from recast.ci.pipeline.outcome import Findings
from recast.ci.pipeline.runs import Gathered
from recast.ci.reference import (
    Accepted,
    Reference,
    ReferenceRun,
    bring_results,
    keep_results,
    put_beside,
    read_reference,
    send_results,
    write_reference,
)
from recast.json_types import JsonObject
from recast.store import ArtifactStore

__all__ = ["announced_changes", "move_reference", "reference_for", "results_by_digest"]

Bring = Callable[[str], list[JsonObject]]

BESIDE = "results"
"""The folder beside a written reference with the results that it names."""

_GOOD = ("passed", "nothing-to-do")


def reference_for(order: PipelineOrder) -> Reference | None:
    """Return the reference to compare with: the named one, else the one that this pipeline moves, else the checkout's.

    A named one wins over the checkout's, because a branch must not choose what it is compared with.
    """
    for path in (order.reference, order.write_reference):
        if path is not None and (found := read_reference(path)) is not None:
            return found
    return read_reference(order.lock) if order.reference is None else None


def results_by_digest(order: PipelineOrder, reference: Reference | None, tools: Tools) -> Bring:
    """Return a function that brings results of the reference by digest, from wherever they are kept."""
    store = ArtifactStore(tools.places.artifact_store)
    named = order.reference or order.write_reference
    beside = named.parent / BESIDE if named is not None else None
    registry = reference.registry if reference is not None else None
    return lambda digest: bring_results(store, digest, registry, beside)


def announced_changes(order: PipelineOrder, reference: Reference | None) -> tuple[Accepted, ...]:
    """Return the changes that the commit itself announces, in the lock of its checkout.

    Where another file holds the reference, those that it has taken in already do not count again.
    """
    own = _announced(order)
    if reference is None or (order.reference is None and order.write_reference is None):
        return own
    return tuple(item for item in own if item not in reference.accepted)


def _announced(order: PipelineOrder) -> tuple[Accepted, ...]:
    own = read_reference(order.lock)
    return own.accepted if own is not None else ()


def move_reference(order: PipelineOrder, found: Findings, word: str, tools: Tools) -> str | None:
    """Write the reference that this pipeline moves, if its verdict allows; return the file that was written, or None.

    `--update-reference` is a person's decision, whatever moved; by itself a pipeline moves a reference only when its
    commit passed. Equal results leave the file as it is.
    """
    path = order.lock if order.update_reference else order.write_reference
    if path is None or not found.runs or not (word in _GOOD or order.update_reference):
        return None
    store = ArtifactStore(tools.places.artifact_store)
    runs = {run.name: _kept(run, found.digest or "", store) for run in found.runs}
    if order.push is not None:
        for run in runs.values():
            for digest in (run.results, run.control):
                if digest is not None:
                    send_results(store, digest, order.push)
    there = read_reference(path)
    registry = order.push or (there.registry if there is not None else None)
    accepted = () if path == order.lock else _announced(order)
    new = Reference(found.analysis, order.commit, runs, accepted, registry)
    if there is not None and replace(there, commit=new.commit) == new:
        return None
    if path == order.write_reference:
        for run in runs.values():
            for digest in filter(None, (run.results, run.control)):
                put_beside(store, digest, path.parent / BESIDE)
    write_reference(path, new)
    return str(path)


def _kept(run: Gathered, version: str, store: ArtifactStore) -> ReferenceRun:
    control = keep_results(store, run.control) if run.control is not None else None
    return ReferenceRun(version, keep_results(store, run.results), run.random, control)
