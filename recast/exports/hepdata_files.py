"""A run's results as a submission to HEPData."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.exports.pyhf_files import patch_files, patch_resources
from recast.json_types import JsonDict, JsonObject

__all__ = ["HepdataFiles", "hepdata_files"]


@dataclass(frozen=True, slots=True)
class HepdataFiles:
    """A submission to HEPData: contents and copies by the names of files, and what the user should know of it."""

    files: Mapping[str, bytes]
    copies: Mapping[str, Path]
    notes: tuple[str, ...] = ()


def hepdata_files(document: JsonObject, run_dir: Path) -> HepdataFiles:
    """Return a submission to HEPData of a run: tables, plots, files, and the signals' patchsets."""
    from recast.exports.hepdata import submission
    from recast.results.types import FILE_TYPES
    from recast.rundir import RunDirectory
    from recast.runs.subject import subject_of

    request = RunDirectory(run_dir).request()
    subject = subject_of(request)
    unknown = f"warning    {subject.reference} is not in your catalogue: energy, luminosity and references are missing"
    results = [*document["results"], *_lines(request.run)]
    patches = {f"pyhf-{name}": content for name, content in patch_files(run_dir, results)}
    copied = {
        Path(item["file"]).name: run_dir / "results" / item["file"] for item in results if item["type"] in FILE_TYPES
    }
    resources = [*patch_resources(results, patches)]
    titles = {item["name"]: item.get("title", "") for item in request.results}
    files = submission(results, subject, titles, resources) | patches
    return HepdataFiles(
        files,
        {name: place for name, place in copied.items() if name not in files},
        (unknown,) if request.digest and not subject.metadata else (),
    )


def _lines(run: str) -> list[JsonDict]:
    """Return the contour of the run's scan, if it is one of a scan."""
    from recast.paths import places
    from recast.scans.lines import lines_results

    return lines_results(places(), run)
