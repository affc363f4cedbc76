"""`recast results`: the results of a run."""

from __future__ import annotations

from pathlib import Path

import click

from recast.cli.output import emit, message, output_option, say
from recast.counted import counted
from recast.errors import UsageError
from recast.json_types import JsonDict

__all__ = ["results"]

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
    help="Write the results and their files into DIR: tables, a HEPData submission, the signals as pyhf patchsets, "
    "or the whole run as an RO-Crate, with who, what and when.",
)
@click.option("--full", is_flag=True, help="Show all tables with every row.")
@click.option(
    "--table", metavar="NAME", help="Only the results with this name; required for -o csv if there are several."
)
@click.option(
    "--plots",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Copy the plots to DIR, and draw charts of the results there: SVG, PNG, PDF.",
)
@click.option("--with-intermediate", is_flag=True, help="ro-crate: include intermediate files.")
@click.option("--no-hosts", is_flag=True, help="ro-crate: omit the names of machines.")
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
    """Show the results of RUN: a run id, a unique prefix of one, or `last`."""
    from recast.cli.find_run import find_run
    from recast.cli.runs.result_views import show_results
    from recast.operations.export import results_of
    from recast.operations.plots import draw_results
    from recast.results import present

    run_dir = find_run(run)
    if export is not None and export[0] == "ro-crate":
        _export_crate(run_dir, export[1], license, **options)
        return
    if license or any(options.values()):
        raise UsageError("This option is for a crate", next_step=f"recast results {run} --export ro-crate DIR")
    if export is not None and export[0] == "pyhf" and not (run_dir / "results" / "results.json").exists():
        _export(run_dir, *export)  # signals are in the steps' files, declared results or not
        return
    document, typed = results_of(run_dir)
    _warn(document, on_top=output == "table" and export is None)
    if export is not None:
        _export(run_dir, *export)
    if plots is not None and typed:
        for path in present.copy_files(document["results"], run_dir, plots, frozenset({"plot"})):
            message(f"wrote {path}")
        for path in draw_results(document, plots, message):
            message(f"wrote {path}")
    if export is not None and output == "table":
        return
    if typed:
        show_results(document, run_dir, output, table, full=full)
    else:
        emit(document, document["results"], ("name", "path", "value"), output)


def _export(run_dir: Path, form: str, folder: Path) -> None:
    from recast.operations.export import export_results

    for path in export_results(run_dir, form, folder, say=message):
        message(f"wrote {path}")
    if form == "hepdata":
        message("the coordinator creates the record on HEPData: upload the folder as one archive")


def _export_crate(run_dir: Path, folder: Path, license: str, *, with_intermediate: bool, no_hosts: bool) -> None:
    from recast.operations.export import CrateOptions, export_results

    options = CrateOptions(license, with_intermediate, not no_hosts)
    written = export_results(run_dir, "ro-crate", folder, options)
    message(f"wrote {folder}: ro-crate-metadata.json and {counted(len(written) - 1, 'file')}")


def _warn(document: JsonDict, on_top: bool = False) -> None:
    """Print the warnings: `on_top` of a table, or on stderr next to data."""
    for warning in document.get("warnings", ()):
        (say if on_top else message)(f"WARNING    {warning}")
    if overrides := document.get("overrides"):
        from recast.cli.environment import warn_of_overrides
        from recast.engine.overrides import RunOverrides

        warn_of_overrides(RunOverrides.from_json(overrides))
