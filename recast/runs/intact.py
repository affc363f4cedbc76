"""Check that a run's copy of its spec is unchanged: its record and crate state the digest, so that is what must run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from recast.digests import hex_of
from recast.errors import RecastError, SpecError
from recast.plainfile import file_digest
from recast.rundir import RunDirectory, RunOrder

__all__ = ["check_spec"]


def check_spec(directory: RunDirectory, request: RunOrder) -> None:
    """Raise SpecError for the first file of a run's `spec/` that has changed, with what to type.

    The digests come from the version, if it is in the catalogue, else from the run's request. Older runs whose request
    has no digests, of workflows without a version, are accepted as they are.
    """
    of_version, blobs = _of_version(request)
    expected = {**request.spec_files, **{path: of_version[path] for path in request.spec_files if path in of_version}}
    found = _files(directory.spec)
    if not request.spec_files:
        if not of_version:
            return
        expected = {path: digest for path, digest in of_version.items() if path in found or path == request.workflow}
    for path, digest in sorted(expected.items()):
        if path not in found or found[path].is_symlink() or file_digest(found[path]) != digest:
            what = "was edited" if path in found else "is gone"
            raise _changed(directory, request, path, what, blobs / hex_of(digest) if blobs else None)
    added = next((path for path in sorted(found) if path not in expected), None)
    if added is not None:
        raise _changed(directory, request, added, "was not there", None)


def _of_version(request: RunOrder) -> tuple[Mapping[str, str], Path | None]:
    """Return the digests of a version's files by path, and the catalogue folder that contains them; or nothing."""
    if request.digest is None:
        return {}, None
    from recast.catalogue.load import load_version
    from recast.catalogue.store import CatalogueStore
    from recast.paths import places

    store = CatalogueStore(places().catalogue_store)
    try:
        return load_version(store, request.digest).files, store.path(request.digest).parent
    except (RecastError, OSError):
        return {}, None  # removed since, or fetched from a registry elsewhere


def _files(folder: Path) -> dict[str, Path]:
    return {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}


def _changed(directory: RunDirectory, request: RunOrder, path: str, what: str, blob: Path | None) -> SpecError:
    place = directory.spec / path
    fix = f"rm {shlex.quote(str(place))}" if what == "was not there" else ""
    if blob is not None and blob.is_file():
        fix = f"cp {shlex.quote(str(blob))} {shlex.quote(str(place))}"
    return SpecError(
        f"The file {path!r} of the run's spec {what} when the run was created"
        if what == "was not there"
        else f"The file {path!r} of the run's spec {what} since the run was created",
        where=str(place),
        why=f"The run claims to be {request.title}, and its earlier steps ran with different text.",
        next_step=f"{fix}, then recast resume {request.run}"
        if fix
        else "restore the file, or start another run of what you have now: recast run",
        code="run.spec-edited",
    )
