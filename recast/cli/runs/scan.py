"""`recast scan`: many model points of one version, and the exclusion contour."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from recast.cli.consent import asking, yes_option
from recast.cli.executor_command import ExecutorCommand
from recast.cli.options import where_options
from recast.cli.output import emit, message, output_option, say
from recast.cli.runs.run import drive_and_report
from recast.errors import UsageError
from recast.json_types import JsonDict
from recast.operations.scan import ScanAsked, ScanReport, begin_scan, drive_scan, reopen_scan, with_images
from recast.paths import places
from recast.prepare.arguments import ENVIRONMENT, RUN_OPTIONS, run_options
from recast.prepare.input_files import FileGrants
from recast.prepare.inputs import user_inputs
from recast.results.numbers import cls_text
from recast.scans.points import read_points
from recast.scans.scan import Scan

__all__ = ["scan"]

EPILOG = """
\b
Examples:
  recast scan atlas-susy-2019-08                    all points of the published grid, and the contour
  recast scan atlas-susy-2019-08 --refine           a coarse grid, then the points around the contour
  recast scan ANALYSIS --points grid.csv            a column for each input, a row for each point
  recast scan ANALYSIS --points grid.yml -p events=2000 --executor slurm
  recast scan ANALYSIS --detach                     continue in the background
  recast scan --resume last                         continue where a scan was interrupted
  recast scan --resume last --fresh                 run the points again that failed
  recast scan --resume last --axes m_squark_gev,m_neutralino_gev     use these numbers as axes

An input that is a list has one column per item (masses[0], masses[1]), or a single cell "[1600, 400]". The axes of the
plot are numbers of the points, or of their results; points that differ in anything else are drawn separately.

A point that fails leaves the others answered: the table says why, and the exit code is 1.

A point that an earlier scan of this version has answered with equal inputs is not run again (--fresh runs it).
grid.yml is a list of maps, or a single map of lists: {m_med_gev: [500, 1000], m_dm_gev: [1, 100]} is four points.
"""

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@click.argument("source", metavar="ANALYSIS[@VERSION]|ENTRY.yml|oci://...", required=False)
@click.option("--points", "points_file", type=_FILE, help="CSV or YAML file of points [default: the version's own].")
@click.option("--inputs", "input_files", type=_FILE, multiple=True, help="YAML file with inputs for all points.")
@click.option("-p", "assignments", multiple=True, metavar="KEY=YAML|@FILE", help="An input for all points, or a file.")
@click.option("--refine", is_flag=False, flag_value=2, type=click.IntRange(0, 10), default=0, metavar="[PASSES]",
              help="Add points around the exclusion contour [default: 2 passes].")  # fmt: skip
@click.option(
    "--fresh", is_flag=True, help="Also run points that earlier scans have answered; with --resume, those that failed."
)
@click.option("--axes", metavar="A[,B]", help="One or two numbers of the points to use as axes, such as "
              "m_squark_gev,m_neutralino_gev [default: those that the analysis declares, or that vary].")  # fmt: skip
@click.option("--resume", metavar="SCAN", help="Continue a scan: an id, a unique prefix, or `last`.")
@click.option(
    "--to", "target", type=click.Path(path_type=Path, file_okay=False), help="Copy tables and plots to this folder."
)
@where_options
@yes_option
@click.option("--detach", is_flag=True, help="Return immediately; the scan continues in the background.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@output_option
def scan(
    source: str | None,
    points_file: Path | None,
    input_files: tuple[Path, ...],
    assignments: tuple[str, ...],
    refine: int,
    fresh: bool,
    axes: str | None,
    resume: str | None,
    target: Path | None,
    yes: bool,
    detach: bool,
    quiet: bool,
    output: str,
    **how: Any,
) -> None:
    """Run a published analysis over a grid of model points, and draw the exclusion contour.

    A single run answers all points, so that shared steps run once and jobs are submitted together; it can be resumed.
    """
    options = run_options(**{key: how[key] for key in (*RUN_OPTIONS, *ENVIRONMENT)})
    if resume is not None:
        found = reopen_scan(resume, options, places(), message, axes=axes, failed_too=fresh)
    elif source is None:
        raise UsageError("No analysis was named", next_step="recast scan ANALYSIS, or recast scan --resume last")
    else:
        own = user_inputs(input_files, assignments, {})
        files = [*input_files, *([points_file] if points_file else [])]
        folders = tuple(dict.fromkeys([Path.cwd(), *(file.absolute().parent for file in files)]))
        grants = FileGrants(frozenset(own), folders, assignments)
        points = read_points(points_file) if points_file else None
        asked = ScanAsked(source, own, grants, points, refine, fresh, axes)
        passed_over = (lambda _: None) if quiet else (lambda why: message(f"note       {why}"))
        found = begin_scan(asked, options, places(), message, passed_over)
    found = with_images(found, asking(yes), message)
    if detach:
        _leave(found, lambda: _finish(found, True, target, output))
    else:
        _finish(found, quiet, target, output)


def _finish(found: Scan, quiet: bool, target: Path | None, output: str) -> None:
    report = drive_scan(found, lambda directory: drive_and_report(directory, quiet=quiet), message)
    _show(report if target is None else report.copied(target), output)
    if (failure := report.failure()) is not None:
        raise failure


def _leave(found: Scan, act: Callable[[], None]) -> None:
    """Call `act` in a separate process that outlives this one, with its messages in the scan's folder."""
    log = found.folder / "driver.log"
    say(found.record.scan)
    message(f"detached; its messages: {log}; if it is interrupted: recast scan --resume {found.record.scan}")
    sys.stdout.flush()
    if os.fork() != 0:
        return
    os.setsid()
    with log.open("ab") as output, Path(os.devnull).open("rb") as nothing:
        for stream, number in ((nothing, 0), (output, 1), (output, 2)):
            os.dup2(stream.fileno(), number)
    act()


def _show(report: ScanReport, output: str) -> None:
    rows = report.rows()
    shown = rows if output in ("csv", "jsonl") else [_for_people(row) for row in rows]
    for warning in report.scan.warnings:
        message(f"WARNING    {warning}")
    emit(report.as_json(), shown, list(rows[0]) if rows else [], output)
    for line in report.words():
        message(line)


def _for_people(row: JsonDict) -> JsonDict:
    """Return a row with numbers below the meaningful range as bounds, and text for missing verdicts."""
    bounds = {key: cls_text(row[key]) for key in ("cls_obs", "cls_exp") if row[key] is not None}
    return {**row, **bounds, "excluded": {True: "yes", False: "no", None: "no verdict"}[row["excluded"]]}
