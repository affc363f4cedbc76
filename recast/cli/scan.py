"""`recast scan`: many model points of one version, and the line between what is excluded and what is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from recast.cli.environment import ENVIRONMENT
from recast.cli.executor_command import ExecutorCommand
from recast.cli.options import RUN_OPTIONS, run_options, where_options
from recast.cli.output import emit, message, output_option, say
from recast.cli.ready import made_ready, yes_option
from recast.cli.run import drive_and_report
from recast.errors import RecastError, UsageError
from recast.places import places
from recast.rundir import RunDirectory
from recast.runs import find_source
from recast.runs.files import Hand
from recast.runs.inputs import user_inputs
from recast.scans.answers import best
from recast.scans.points import Point, read_points
from recast.scans.record import find_scan
from recast.scans.scan import Scan, finish, first_points, new_scan, old_scan

__all__ = ["scan"]

EPILOG = """
\b
Examples:
  recast scan atlas-susy-2019-08                    all points of the published grid, and the contour
  recast scan atlas-susy-2019-08 --refine           a coarse grid, then the points around the contour
  recast scan ANALYSIS --points grid.csv            columns are inputs of the analysis, a row a point
  recast scan ANALYSIS --points grid.yml -p events=2000 --executor slurm
  recast scan ANALYSIS --detach                     go on in the background
  recast scan --resume last                         go on where a scan was interrupted

A point that an earlier scan of this version has answered with equal inputs is not run again (--fresh runs it).
grid.yml is a list of maps, or one map of lists: {m_med_gev: [500, 1000], m_dm_gev: [1, 100]} is four points.
"""

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@click.argument("source", metavar="ANALYSIS[@VERSION]|oci://...", required=False)
@click.option("--points", "points_file", type=_FILE, help="CSV or YAML file of points [default: the version's own].")
@click.option("--inputs", "input_files", type=_FILE, multiple=True, help="YAML file with inputs of all points.")
@click.option("-p", "assignments", multiple=True, metavar="KEY=YAML|@FILE", help="One input of all points, or a file.")
@click.option("--refine", is_flag=False, flag_value=2, type=click.IntRange(0, 10), default=0, metavar="[PASSES]",
              help="Then run more points around the line of exclusion [default: 2 passes].")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Run points again that earlier scans have answered.")
@click.option("--resume", metavar="SCAN", help="Go on with a scan: an id, a unique prefix, or `last`.")
@click.option("--to", "target", type=click.Path(path_type=Path, file_okay=False), help="Copy tables and pictures here.")
@where_options
@yes_option
@click.option("--detach", is_flag=True, help="Return at once; the scan goes on in the background.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@output_option
def scan(
    source: str | None,
    points_file: Path | None,
    input_files: tuple[Path, ...],
    assignments: tuple[str, ...],
    refine: int,
    fresh: bool,
    resume: str | None,
    target: Path | None,
    yes: bool,
    detach: bool,
    quiet: bool,
    output: str,
    **how: Any,
) -> None:
    """Run a published analysis over a grid of model points, and draw the contour of what is excluded.

    One run answers all points, so that shared steps run once and jobs go out together; it can be resumed.
    """
    options = run_options(**{key: how[key] for key in (*RUN_OPTIONS, *ENVIRONMENT)})
    if resume is not None:
        record, _ = find_scan(places(), resume)
        version = find_source(f"{record.analysis}@{record.version}", None, None, bare=False)
        found = old_scan(version, record, options, places())
        message(f"scan       {record.scan}: {len(record.open)} of {len(record.answers)} points are open")
    elif source is None:
        raise UsageError("No analysis was named", next_step="recast scan ANALYSIS, or recast scan --resume last")
    else:
        own = user_inputs(input_files, assignments, {})
        files = [*input_files, *([points_file] if points_file else [])]
        hand = Hand(
            frozenset(own), tuple(dict.fromkeys([Path.cwd(), *(f.absolute().parent for f in files)])), assignments
        )
        points = read_points(points_file) if points_file else None
        version = find_source(source, None, None, bare=False)
        found = new_scan(version, own, hand, options, places(), points, refine, fresh=fresh)
        _begin(found, points)
    if found.record.open and found.source.version is not None:
        ready = made_ready(found.source.version, yes)
        found = replace(found, source=replace(found.source, version=ready, pins=ready.pins))
    if detach:
        _leave(found, lambda: _finish(found, True, target, output))
    else:
        _finish(found, quiet, target, output)


def _finish(found: Scan, quiet: bool, target: Path | None, output: str) -> None:
    _drive(found, quiet)
    _report(found, target, output)


def _leave(found: Scan, act: Callable[[], None]) -> None:
    """Do something in a process of its own that outlives this one, with its messages in the scan's folder."""
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


def _begin(found: Scan, points: list[Point] | None) -> None:
    known = found.ask(first_points(found, points))
    found.record.save(found.folder)
    message(f"scan       {found.record.scan}: {len(found.record.answers)} points, {known} known from earlier scans")


def _drive(found: Scan, quiet: bool) -> None:
    def drive(directory: RunDirectory) -> None:
        message(f"run        {directory.request().run} for {len(found.record.open)} points")
        drive_and_report(directory, quiet=quiet)

    try:
        finish(found, drive, message)
    except RecastError as problem:
        problem.next_step = f"mend the cause, then: recast scan --resume {found.record.scan}"
        raise


def _report(found: Scan, target: Path | None, output: str) -> None:
    folder = found.folder
    if target is not None:
        import shutil

        target.mkdir(parents=True, exist_ok=True)
        for name in ("scan.csv", "contour.json", "scan.png", "scan.pdf", "scan.json"):
            shutil.copy(folder / name, target / name)
        folder = target
    rows = [
        {**answer.point, "cls_obs": limit["cls_obs"], "cls_exp": (limit["cls_exp"] or [None] * 5)[2],
         "excluded": limit["excluded"], "run": answer.run}
        for answer in found.record.answers
        for limit in [best(answer)]
    ]  # fmt: skip
    body = {
        "scan": found.record.scan, "analysis": found.record.analysis, "version": found.record.version,
        "digest": found.record.digest, "axes": found.record.axes, "runs": found.record.runs,
        "points": [{"point": a.point, "run": a.run, "limits": a.limits} for a in found.record.answers],
        "files": {name: str(folder / name) for name in ("scan.csv", "contour.json", "scan.png", "scan.pdf")},
    }  # fmt: skip
    emit(body, rows, list(rows[0]) if rows else [], output)
    excluded = sum(row["excluded"] for row in rows)
    message(f"{excluded} of {len(rows)} points are excluded at 95% CL; picture: {folder / 'scan.png'}")
