"""What an export says about a run: its request, and the catalogue's metadata of the version that ran."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from recast.errors import RecastError
from recast.jobs import RUN_ROOT
from recast.json_types import JsonObject
from recast.results.subject import Subject
from recast.rundir import RunOrder

if TYPE_CHECKING:
    from recast.catalogue import PublishedVersion

__all__ = ["subject_of", "subject_of_version"]


def subject_of(request: RunOrder) -> Subject:
    """Return what is known about a run; without metadata if its version is not in the catalogue (any more)."""
    from recast.runs.heading import warnings_of_run

    return Subject(
        run=request.run,
        reference=f"{request.analysis}@{request.version}" if request.analysis else "",
        digest=request.digest or "",
        day=time.strftime("%Y-%m-%d", time.gmtime(request.created)),
        given={key: value for key, value in request.given.items() if not _is_of_bundle(value)},
        metadata=_metadata(request),
        warnings=tuple(warnings_of_run(request)),
    )


def subject_of_version(version: PublishedVersion) -> Subject:
    """Return what is known about a version, without a run."""
    from recast.catalogue.statements.warnings import warnings_of_digest

    warnings = tuple(warnings_of_digest(version.digest))
    return Subject("", version.reference, version.digest, metadata=version.metadata, warnings=warnings)


def _is_of_bundle(value: Any) -> bool:
    """Return whether an input is a file that every run of the version gets, not one that the user gave."""
    return isinstance(value, str) and value.startswith(f"{RUN_ROOT}/init/files/")


def _metadata(request: RunOrder) -> JsonObject:
    """Return the metadata of exactly the digest that ran, whatever its name in the catalogue is now."""
    if not request.digest:
        return {}
    from recast.catalogue import Catalogue
    from recast.catalogue.load import load_version

    try:
        return load_version(Catalogue().store, request.digest).metadata
    except RecastError:
        return {}
