"""Create the folder of a prepared run."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from recast.digests import digest_of
from recast.errors import InputError, StoreError
from recast.jobs import Artifact
from recast.journal import RunLock
from recast.names import naming
from recast.paths import Places
from recast.prepare.prepare import PreparedRun
from recast.rundir import RunDirectory, create_run_directory
from recast.runs.executor import check_nodes
from recast.store import ArtifactStore
from recast.worker.files.durable import sync_tree

__all__ = ["create"]


def create(prepared: PreparedRun, places: Places, workdir: Path | None) -> RunDirectory:
    """Create the run's folder: the spec as it is now, the init files in the store, and finally the request.

    Raises RuntimeUnavailable, with nothing written, if the nodes of its batch system cannot get its images.
    """
    check_nodes(prepared.request, prepared.plan, places.image_store)
    store = ArtifactStore(places.artifact_store)
    directory = create_run_directory(places.runs, prepared.request.run, workdir)
    request = prepared.request
    known = {item["digest"] for items in (request.init_files, *request.sub_files.values()) for item in items}
    with RunLock(directory.lock):
        copied = {name: _copy(prepared.source.toplevel / name, directory.spec / name) for name in prepared.source.files}
        for path, place in prepared.files:
            if not place.is_relative_to(store.root):  # what was fetched is there already
                _check_same(store.add(place, path), known, place)
        sync_tree(str(directory.spec))
        with naming(places.runs, request.run, request.name):
            directory.write_request(replace(request, spec_files=copied))
    return directory


def _check_same(kept: Artifact, known: Collection[str], place: Path) -> None:
    """Raise InputError if a file has changed since the run was prepared: what is recorded must be what is used."""
    if kept.digest not in known:
        raise InputError(
            "An input file changed while the run was being created",
            where=str(place),
            why=f"Its digest is {kept.digest} now, and was different when the run was prepared.",
            next_step="wait until the file is no longer being written, then run again",
        )


def _copy(source: Path, destination: Path) -> str:
    """Copy a file and return the digest of what was written."""
    try:
        destination.parent.mkdir(parents=True, exist_ok=True)
        content = source.read_bytes()
        destination.write_bytes(content)
        return digest_of(content)
    except OSError as problem:
        raise StoreError.of(
            problem, "The spec cannot be copied into the run directory", destination, "check that the disk has room"
        ) from problem
