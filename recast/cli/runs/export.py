"""`recast results --export hepdata|pyhf`: files for HEPData and for pyhf, made of a run's results and files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recast.cli.output import message
from recast.errors import NotFound, StoreError, UsageError

if TYPE_CHECKING:
    from recast.exports.hepdata import Resource
    from recast.exports.pyhf_signals import Fitted

__all__ = ["export_hepdata", "export_pyhf"]


def export_hepdata(document: Mapping[str, Any], run_dir: Path, folder: Path) -> None:
    """Write a submission to HEPData into an empty folder: tables, plots, files, and the signals' patchsets."""
    from recast.exports.hepdata import submission
    from recast.results.types import FILE_TYPES
    from recast.rundir import RunDirectory
    from recast.runs.subject import subject_of

    request = RunDirectory(run_dir).request()
    _empty(folder)
    subject = subject_of(request)
    if request.digest and not subject.metadata:
        message(
            f"warning    {subject.reference} is not in your catalogue: energy, luminosity and references are missing"
        )
    results = [*document["results"], *_lines(request.run)]
    patches = {f"pyhf-{name}": content for name, content in _patch_files(run_dir, results)}
    copied = {
        Path(item["file"]).name: run_dir / "results" / item["file"] for item in results if item["type"] in FILE_TYPES
    }
    resources = [*_resources(results, patches)]
    titles = {item["name"]: item.get("title", "") for item in request.results}
    files = submission(results, subject, titles, resources) | patches
    _write(folder, files, {name: place for name, place in copied.items() if name not in files})
    message("a record on HEPData is made by its coordinator: upload the folder as one archive")


def export_pyhf(document: Mapping[str, Any], run_dir: Path, folder: Path) -> None:
    """Write the signals that a run fitted: each workspace, and a patchset of its signals; raise NotFound if none."""
    files = dict(_patch_files(run_dir, document["results"]))
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

    _empty(folder)
    subject = subject_of(RunDirectory(run_dir).request())
    _write(folder, files | (files_of(subject) if subject.reference else {}), {})


def _lines(run: str) -> list[dict[str, Any]]:
    """Return the contour of the run's scan, if it is one of a scan."""
    from recast.paths import places
    from recast.scans.lines import lines_results

    return lines_results(places(), run)


def _patch_files(run_dir: Path, results: list[dict[str, Any]]) -> Iterator[tuple[str, bytes]]:
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
    """Return a file name for each workspace: its own, with as many of its folders as tell all of them apart."""
    parts = [one.path.split("/") for one in found]
    names: list[str] = []
    for depth in range(1, 9):
        names = [re.sub(r"[^A-Za-z0-9_.-]", "_", "-".join(own[-depth:])) for own in parts]
        if len(set(names)) == len(names):
            return names
    return [f"{name}-{number}" for number, name in enumerate(names)]


def _resources(results: list[dict[str, Any]], patches: Mapping[str, bytes]) -> Iterator[Resource]:
    from recast.exports.hepdata import Resource
    from recast.results.types import FILE_TYPES

    for name in patches:
        what = "pyhf workspace, background only" if name.endswith("-workspace.json") else "Signals as a pyhf patchset"
        yield Resource(name, f"{what} (HistFactory JSON)", "HistFactory")
    for item in results:
        if item["type"] in FILE_TYPES:
            yield Resource(Path(item["file"]).name, item.get("title") or item["name"])


def _empty(folder: Path) -> None:
    """Raise UsageError if there is anything in the folder: HEPData refuses files that a submission does not name."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "The folder is not empty",
            where=str(folder),
            why="What is there would be part of it.",
            next_step="choose a new DIR",
        )


def _write(folder: Path, files: Mapping[str, bytes], copies: Mapping[str, Path]) -> None:
    from recast.atomic import copy_file, replace_file

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            replace_file(folder / name, content)
        for name, place in copies.items():
            copy_file(place, folder / name)
    except OSError as problem:
        raise StoreError.of(
            problem,
            "The results cannot be written",
            folder,
            "Free space or mend the permissions, or choose another folder.",
        ) from problem
    for name in sorted([*files, *copies]):
        message(f"wrote {folder / name}")


def _json(content: Any) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
