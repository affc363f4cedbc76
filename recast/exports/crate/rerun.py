"""The file in a crate from which the run can be repeated: `recast-run.json`, read by `recast.prepare.crate`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recast.errors import RecastError
from recast.json_types import JsonDict, JsonObject
from recast.masked import masked_json
from recast.prepare.crate import RERUN_SCHEMA
from recast.prepare.passwords import without_passwords
from recast.rundir import RunOrder

__all__ = ["rerun_document", "version_files"]


def rerun_document(request: RunOrder) -> JsonDict:
    """Return the run's request, as far as it is meaningful elsewhere; passwords are hidden.

    `version` is the configuration of the version, with which its digest can be recomputed from the files of `spec/`;
    None if the run was not of a version, or the version is no longer in the catalogue.
    """
    version = _version(request)
    asked = {
        "given": request.given,
        "resolved": request.inputs,
        "init_files": _files(request.init_files),
        "sub_files": {stage: _files(items) for stage, items in request.sub_files.items()},
        "overrides": _without_binds(request.overrides),
    }
    return {
        "schema": RERUN_SCHEMA,
        "run": request.run,
        "workflow": request.workflow,
        "digest": request.digest if version is not None else None,
        "version": dict(version.config) if version is not None else None,
        "pins": dict(request.pins),
        "until": request.until,
        # Hidden values must be given again. The configuration above is public, and its bytes are its identity.
        **masked_json(without_passwords(asked, request.inputs)),
    }


def version_files(request: RunOrder) -> dict[str, bytes]:
    """Return all files of the run's version by path; empty if the version is no longer in the catalogue."""
    version = _version(request)
    return {path: version.read(path) for path in version.files} if version is not None else {}


def _version(request: RunOrder) -> Any:
    if request.digest is None:
        return None
    from recast.catalogue import Catalogue
    from recast.catalogue.load import load_version

    try:
        return load_version(Catalogue().store, request.digest)
    except RecastError:
        return None


def _without_binds(overrides: JsonObject) -> JsonDict:
    """Return overrides without folders of this machine, which mean nothing to others."""

    def bare(said: JsonObject) -> JsonDict:
        return {key: value for key, value in said.items() if key != "binds"}

    stages = {name: bare(said) for name, said in overrides.get("stages", {}).items()}
    return {**overrides, **({"all": bare(overrides["all"])} if "all" in overrides else {}), "stages": stages}


def _files(items: Iterable[JsonObject]) -> list[JsonDict]:
    return [{key: item[key] for key in ("path", "digest", "executable") if key in item} for item in items]
