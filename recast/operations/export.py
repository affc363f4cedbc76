"""Write results into a folder, in the formats of other tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recast.errors import UsageError
from recast.json_types import JsonDict
from recast.reports.results import read_results, request_of, untyped_results
from recast.runs.heading import headed

__all__ = ["CrateOptions", "export_results", "results_of"]


@dataclass(frozen=True, slots=True)
class CrateOptions:
    """What a crate contains besides the results; `license` is an SPDX identifier or a URL."""

    license: str = ""
    with_intermediate: bool = False
    hosts: bool = True


def results_of(run_dir: Path) -> tuple[JsonDict, bool]:
    """Return the results of a run with warnings at the top, and whether they have types.

    Raises NotFound if the run has none (yet), StoreError if they cannot be read.
    """
    request = request_of(run_dir)
    if (untyped := untyped_results(run_dir)) is not None:
        return headed(untyped, request), False
    return headed(read_results(run_dir), request), True


def export_results(
    run_dir: Path,
    form: str,
    folder: Path,
    crate: CrateOptions | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the results of a run into a folder, as csv, json, hepdata, pyhf or ro-crate; return what was written.

    Raises UsageError for a format that these results cannot be written in, NotFound, StoreError.
    """
    if form == "ro-crate":
        return _crate(run_dir, folder, crate or CrateOptions())
    if form == "pyhf":
        return _pyhf(run_dir, folder)
    document, typed = results_of(run_dir)
    if form == "hepdata":
        _check_typed(run_dir, typed, form)
        return _hepdata(document, run_dir, folder, say)
    if not typed:
        from recast.results.present import export_named

        return list(export_named(document, form, folder))
    return _tables(document, run_dir, form, folder)


def _check_typed(run_dir: Path, typed: bool, form: str) -> None:
    if not typed:
        raise UsageError(
            f"These results cannot be written for {form}",
            why="The workflow declares no typed results: these are files and values whose meaning is not declared.",
            next_step=f"recast results {run_dir.name} --export csv DIR",
        )


def _pyhf(run_dir: Path, folder: Path) -> list[Path]:
    """Write the signal patches; they come from the steps' files, whether the workflow declares results or not."""
    from recast.exports.pyhf_files import pyhf_files
    from recast.exports.write_files import check_empty, write_files

    declared = (run_dir / "results" / "results.json").exists()
    files = pyhf_files(read_results(run_dir) if declared else {"results": []}, run_dir)
    check_empty(folder)
    return write_files(folder, files, {})


def _hepdata(document: JsonDict, run_dir: Path, folder: Path, say: Callable[[str], None]) -> list[Path]:
    from recast.exports.hepdata_files import hepdata_files
    from recast.exports.write_files import check_empty, write_files

    check_empty(folder)
    found = hepdata_files(document, run_dir)
    for note in found.notes:
        say(note)
    return write_files(folder, found.files, found.copies)


def _tables(document: JsonDict, run_dir: Path, form: str, folder: Path) -> list[Path]:
    """Write tables or JSON, and next to them what to cite."""
    from recast.exports.write_files import write_files
    from recast.results import present
    from recast.results.cite import files_of
    from recast.runs.heading import cited
    from recast.runs.subject import subject_of

    request = request_of(run_dir)
    subject = subject_of(request) if request is not None else None
    written = present.export(document if subject is None else cited(document, subject), run_dir, form, folder)
    return [*written, *(write_files(folder, files_of(subject), {}) if subject is not None else ())]


def _crate(run_dir: Path, folder: Path, options: CrateOptions) -> list[Path]:
    from recast.exports.crate.gather import facts_of
    from recast.exports.crate.write import write_crate
    from recast.paths import places
    from recast.rundir import RunDirectory
    from recast.runs import open_run
    from recast.store import ArtifactStore

    live, store = open_run(RunDirectory(run_dir)), ArtifactStore(places().artifact_store)
    facts = facts_of(live, store, with_intermediate=options.with_intermediate, license=options.license)
    return [folder / name for name in write_crate(facts, folder, hosts=options.hosts)]
