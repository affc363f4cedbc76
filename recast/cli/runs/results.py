"""`recast results`: what a run yielded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from recast.cli.output import emit, message, output_option, say
from recast.counted import counted
from recast.errors import NotFound, StoreError, UsageError

if TYPE_CHECKING:
    from recast.rundir import RunRequest

__all__ = ["read_results", "results"]

EXPORTS = ("csv", "hepdata", "json", "pyhf", "ro-crate")

EPILOG = """
\b
Examples:
  recast results last
  recast results last --full
  recast results last -o json
  recast results last -o csv --table limit
  recast results last --plots .
  recast results last --export csv tables/
  recast results last --export hepdata submission/
  recast results last --export pyhf patches/
  recast results last --export ro-crate crate/ --license CC0-1.0
"""


@click.command(epilog=EPILOG)
@click.argument("run", default="last")
@output_option
@click.option(
    "--export",
    type=(click.Choice(EXPORTS), click.Path(path_type=Path, file_okay=False)),
    metavar="csv|hepdata|json|pyhf|ro-crate DIR",
    help="Write the results and their files into DIR: tables, a submission to HEPData, the signals as pyhf patchsets, "
    "or as ro-crate the whole run, with who, what and when.",
)
@click.option("--full", is_flag=True, help="All tables, every row.")
@click.option("--table", metavar="NAME", help="Only the results of this name; -o csv needs it if there are several.")
@click.option("--plots", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Copy the plots to DIR.")
@click.option("--with-intermediate", is_flag=True, help="ro-crate: copy the files between the steps as well.")
@click.option("--no-hosts", is_flag=True, help="ro-crate: leave out the names of machines.")
@click.option("--license", metavar="SPDX|URL", default="", help="ro-crate: licence of the data, such as CC0-1.0.")
def results(
    run: str,
    output: str,
    export: tuple[str, Path] | None,
    full: bool,
    table: str | None,
    plots: Path | None,
    license: str,
    **options: bool,
) -> None:
    """Show the results of RUN: a run id, a unique beginning of one, or `last`."""
    from recast.cli.find_run import find_run
    from recast.cli.runs.result_views import show_results
    from recast.results import present
    from recast.runs.heading import headed

    run_dir = find_run(run)
    if export is not None and export[0] == "ro-crate":
        _export_crate(run_dir, export[1], license, **options)
        return
    if license or any(options.values()):
        raise UsageError("This option is for a crate", next_step=f"recast results {run} --export ro-crate DIR")
    if export is not None and export[0] == "pyhf" and not (run_dir / "results" / "results.json").exists():
        _export({"results": []}, run_dir, *export)  # signals are in the steps' files, declared results or not
        return
    if (named := _without_declared(run_dir)) is not None:
        named = headed(named, _request(run_dir))
        _warn(named, on_top=output == "table" and export is None)
        if export is not None:
            _tables_only(run, export[0])
            for path in present.export_named(named, *export):
                message(f"wrote {path}")
        if export is None or output != "table":
            emit(named, named["results"], ("name", "path", "value"), output)
        return
    document = headed(read_results(run_dir), _request(run_dir))
    _warn(document, on_top=output == "table" and export is None)
    if export is not None:
        _export(document, run_dir, *export)
    if plots is not None:
        for path in present.copy_files(document["results"], run_dir, plots, frozenset({"plot"})):
            message(f"wrote {path}")
    if export is None or output != "table":
        show_results(document, run_dir, output, table, full=full)


def _export(document: dict[str, Any], run_dir: Path, form: str, folder: Path) -> None:
    if form in ("csv", "json"):
        _export_tables(document, run_dir, form, folder)
        return
    from recast.cli.runs.export import export_hepdata, export_pyhf

    (export_hepdata if form == "hepdata" else export_pyhf)(document, run_dir, folder)


def _export_tables(document: dict[str, Any], run_dir: Path, form: str, folder: Path) -> None:
    """Write tables or JSON, and beside them what to cite."""
    from recast.atomic import replace_file
    from recast.results import present
    from recast.results.cite import files_of
    from recast.runs.heading import cited
    from recast.runs.subject import subject_of

    request = _request(run_dir)
    subject = subject_of(request) if request is not None else None
    written = present.export(document if subject is None else cited(document, subject), run_dir, form, folder)
    for name, content in files_of(subject).items() if subject is not None else ():
        replace_file(folder / name, content)
        written.append(folder / name)
    for path in written:
        message(f"wrote {path}")


def _tables_only(run: str, form: str) -> None:
    if form not in ("csv", "json"):
        raise UsageError(
            f"These results cannot be written for {form}",
            why="The workflow declares none with types: these are files and values, and nobody says what is in them.",
            next_step=f"recast results {run} --export csv DIR",
        )


def _request(run_dir: Path) -> RunRequest | None:
    from recast.rundir import RunDirectory

    return RunDirectory(run_dir).request() if (run_dir / "request.json").exists() else None


def _warn(document: dict[str, Any], on_top: bool = False) -> None:
    """Say what must be said first: `on_top` of a table, on stderr beside data."""
    for warning in document.get("warnings", ()):
        (say if on_top else message)(f"WARNING    {warning}")
    if overrides := document.get("overrides"):
        from recast.cli.environment import warn_of_overrides
        from recast.engine.overrides import RunOverrides

        warn_of_overrides(RunOverrides.from_json(overrides))


def _export_crate(run_dir: Path, folder: Path, license: str, *, with_intermediate: bool, no_hosts: bool) -> None:
    from recast.exports.crate.gather import facts_of
    from recast.exports.crate.write import write_crate
    from recast.paths import places
    from recast.rundir import RunDirectory
    from recast.runs import open_run
    from recast.store import ArtifactStore

    live, store = open_run(RunDirectory(run_dir)), ArtifactStore(places().artifact_store)
    facts = facts_of(live, store, with_intermediate=with_intermediate, license=license)
    written = write_crate(facts, folder, hosts=not no_hosts)
    message(f"wrote {folder}: ro-crate-metadata.json and {counted(len(written) - 1, 'file')}")


def _without_declared(run_dir: Path) -> dict[str, Any] | None:
    """Return what a run that declares no results has: what its entry names, or what it published; None for another.

    A run until a stage declares those results that its stages make, and so maybe none.
    """
    from recast.rundir import RunDirectory

    directory = RunDirectory(run_dir)
    if (run_dir / "results" / "results.json").exists() or not (run_dir / "request.json").exists():
        return None
    request = directory.request()
    if request.results:
        return None
    from recast.paths import places
    from recast.reports.atlas_results import entry_results
    from recast.runs import open_run
    from recast.runs.published_values import published_results
    from recast.store import ArtifactStore

    live = open_run(directory)
    return entry_results(live, ArtifactStore(places().artifact_store)) or published_results(live)


def read_results(run_dir: Path) -> dict[str, Any]:
    """Return the stored document of a run's results; raise NotFound if the run has none (yet)."""
    path = run_dir / "results" / "results.json"
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        return document
    except FileNotFoundError:
        raise NotFound(
            f"The run {run_dir.name} has no results",
            where=str(path),
            why="It has not ended, or it failed; results are gathered when all steps are done.",
            next_step=f"recast status {run_dir.name}",
        ) from None
    except (OSError, ValueError) as problem:
        raise StoreError(
            f"The results of {run_dir.name} cannot be read",
            where=str(path),
            why=str(problem),
            next_step=f"recast resume {run_dir.name}   (gathers them again)",
        ) from problem
