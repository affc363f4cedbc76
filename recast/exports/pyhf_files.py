"""Write a run's signals as files for pyhf."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from recast.errors import NotFound
from recast.exports.hepdata import Resource
from recast.exports.pyhf_signals import Fitted
from recast.json_types import JsonDict, JsonObject

__all__ = ["patch_files", "patch_resources", "pyhf_files"]


def pyhf_files(document: JsonObject, run_dir: Path) -> dict[str, bytes]:
    """Return the signals that a run fitted: each workspace, a patchset of its signals, and what to cite.

    Raises NotFound if the run fitted none.
    """
    files = dict(patch_files(run_dir, document["results"]))
    if not files:
        raise NotFound(
            f"The run {run_dir.name} has no pyhf patches",
            where=str(run_dir),
            why="No step of it takes a pyhf workspace together with a signal patch.",
            next_step=f"recast results {run_dir.name} --export hepdata DIR   (its tables)",
            code="export.nothing",
        )
    from recast.results.cite import files_of
    from recast.rundir import RunDirectory
    from recast.runs.subject import subject_of

    subject = subject_of(RunDirectory(run_dir).request())
    return files | (files_of(subject) if subject.reference else {})


def patch_files(run_dir: Path, results: list[JsonDict]) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each file for pyhf."""
    from recast.exports.patchset import documents
    from recast.exports.pyhf_signals import fitted
    from recast.paths import places
    from recast.rundir import RunDirectory
    from recast.runs.open_run import open_run
    from recast.runs.subject import subject_of
    from recast.store import ArtifactStore

    live = open_run(RunDirectory(run_dir))
    points = [result["point"] for result in results if result["type"] == "limit"]
    found = fitted(live, ArtifactStore(places().artifact_store), points)
    for one, name in zip(found, _names(found), strict=True):
        yield f"{name}-workspace.json", _json(one.workspace)
        for end, content in documents(one.signals, one.workspace, subject_of(live.request)).items():
            yield f"{name}-{end}", _json(content)


def _names(found: list[Fitted]) -> list[str]:
    """Return a unique file name for each workspace: its own name, with as many parent folders as needed."""
    parts = [one.path.split("/") for one in found]
    names: list[str] = []
    for depth in range(1, 9):
        names = [re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(own[-depth:])) for own in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{name}-{number}" for number, name in enumerate(names)]


def patch_resources(results: list[JsonDict], patches: Mapping[str, bytes]) -> Iterator[Resource]:
    """Yield the entries of a HEPData submission for each pyhf file, and for each file among the results."""
    from recast.exports.hepdata import Resource
    from recast.results.types import FILE_TYPES

    for name in patches:
        what = "pyhf workspace, background only" if name.endswith("-workspace.json") else "Signals as a pyhf patchset"
        yield Resource(name, f"{what} (HistFactory JSON)", "HistFactory")
    for item in results:
        if item["type"] in FILE_TYPES:
            yield Resource(Path(item["file"]).name, item.get("title") or item["name"])


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
