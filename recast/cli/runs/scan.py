"""`recast scan`: many model points of one version, and the exclusion contour."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from recast.cli.consent import made_ready, yes_option
from recast.cli.executor_command import ExecutorCommand
from recast.cli.options import where_options
from recast.cli.output import emit, message, output_option, say
from recast.cli.runs.run import drive_and_report
from recast.counted import are, counted
from recast.errors import RecastError, UsageError
from recast.json_types import JsonDict
from recast.paths import places
from recast.prepare import find_source
from recast.prepare.arguments import ENVIRONMENT, RUN_OPTIONS, run_options
from recast.prepare.input_files import FileGrants
from recast.prepare.inputs import user_inputs
from recast.prepare.prepare import check_can_start
from recast.results.numbers import cls_text
from recast.rundir import RunDirectory
from recast.scans.answers import best
from recast.scans.inputs import names_alone
from recast.scans.picture import Drawing
from recast.scans.points import Point, read_points
from recast.scans.record import Answer, find_scan
from recast.scans.scan import Scan, finish, first_points, new_scan, old_scan

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
  recast scan --resume last --axes m_squark_gev,m_neutralino_gev     use these numbers as axes

An input that is a list has one column per item (masses[0], masses[1]), or a single cell "[1600, 400]". The axes of the
plot are numbers of the points, or of their results; points that differ in anything else are drawn separately.

A point that an earlier scan of this version has answered with equal inputs is not run again (--fresh runs it).
grid.yml is a list of maps, or a single map of lists: {m_med_gev: [500, 1000], m_dm_gev: [1, 100]} is four points.
"""

FILES = ("scan.csv", "contour.json", "scan.png", "scan.pdf")
"""The files of a scan; plots only if there is something to draw."""

_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


@click.command(cls=ExecutorCommand, epilog=EPILOG)
@click.argument("source", metavar="ANALYSIS[@VERSION]|ENTRY.yml|oci://...", required=False)
@click.option("--points", "points_file", type=_FILE, help="CSV or YAML file of points [default: the version's own].")
@click.option("--inputs", "input_files", type=_FILE, multiple=True, help="YAML file with inputs for all points.")
@click.option("-p", "assignments", multiple=True, metavar="KEY=YAML|@FILE", help="An input for all points, or a file.")
@click.option("--refine", is_flag=False, flag_value=2, type=click.IntRange(0, 10), default=0, metavar="[PASSES]",
              help="Add points around the exclusion contour [default: 2 passes].")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Also run points that earlier scans have answered.")
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
        record, _ = find_scan(places(), resume)
        version = find_source(f"{record.analysis}@{record.version}", None, None, bare=False)
        found = old_scan(version, record, options, places())
        if record.open:
            check_can_start(version, options)
        record.asked_axes = _axes(axes) or record.asked_axes
        left = len(record.open)
        message(f"scan       {record.scan}: {left} of {counted(len(record.answers), 'point')} {are(left)} open")
    elif source is None:
        raise UsageError("No analysis was named", next_step="recast scan ANALYSIS, or recast scan --resume last")
    else:
        own = user_inputs(input_files, assignments, {})
        files = [*input_files, *([points_file] if points_file else [])]
        hand = FileGrants(
            frozenset(own), tuple(dict.fromkeys([Path.cwd(), *(f.absolute().parent for f in files)])), assignments
        )
        points = read_points(points_file) if points_file else None
        version = find_source(source, None, None, bare=False)
        found = new_scan(version, own, hand, options, places(), points, refine, fresh=fresh, axes=_axes(axes))
        _begin(found, points, quiet)
    if found.record.open and found.source.version is not None:
        is_draft = "draft" in (found.source.origin or {})
        ready = made_ready(found.source.version, yes, is_draft=is_draft)
        found = replace(found, source=replace(found.source, version=ready, pins=ready.pins))
    if detach:
        _leave(found, lambda: _finish(found, True, target, output))
    else:
        _finish(found, quiet, target, output)


def _finish(found: Scan, quiet: bool, target: Path | None, output: str) -> None:
    drawing = _drive(found, quiet)
    _report(found, drawing, target, output)


def _axes(text: str | None) -> list[str]:
    """Return the given axes; raise UsageError unless there are one or two."""
    if text is None:
        return []
    names = [name.strip() for name in text.split(",")]
    if not 1 <= len(names) <= 2 or "" in names or len(set(names)) < len(names):
        raise UsageError("A plot has one or two axes", where=f"--axes {text}", next_step="--axes m_a_gev,m_b_gev")
    return names


def _leave(found: Scan, act: Callable[[], None]) -> None:
    """Do something in a separate process that outlives this one, with its messages in the scan's folder."""
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


def _begin(found: Scan, points: list[Point] | None, quiet: bool) -> None:
    chosen = first_points(found, points)
    known = found.ask(chosen)
    if found.record.open:
        say_why = (lambda _: None) if quiet else (lambda why: message(f"note       {why}"))
        check_can_start(found.source, found.options, say_why)
    found.record.save(found.folder)
    points_in_all = counted(len(found.record.answers), "point")
    message(f"scan       {found.record.scan}: {points_in_all}, {known} known from earlier scans")
    if points and (names := names_alone(found.source, found.declared, chosen[0])):
        message(f"note: {', '.join(names)}: not an input of {found.record.analysis}, used only to label points")


def _drive(found: Scan, quiet: bool) -> Drawing:
    def drive(directory: RunDirectory) -> None:
        message(f"run        {directory.request().run} for {counted(len(found.record.open), 'point')}")
        drive_and_report(directory, quiet=quiet)

    try:
        return finish(found, drive, message)
    except RecastError as problem:
        problem.next_step = f"fix the cause, then: recast scan --resume {found.record.scan}"
        raise


def _report(found: Scan, drawing: Drawing, target: Path | None, output: str) -> None:
    folder = found.folder
    files = [name for name in FILES if (folder / name).exists()]
    if target is not None:
        from recast.atomic import copy_file

        target.mkdir(parents=True, exist_ok=True)
        for name in (*files, "scan.json"):
            copy_file(folder / name, target / name)
        folder = target
    rows = [_row(answer) for answer in found.record.answers]
    body = {
        **({"warnings": found.warnings} if found.warnings else {}),
        "scan": found.record.scan, "analysis": found.record.analysis, "version": found.record.version,
        "digest": found.record.digest, "axes": found.record.axes, "runs": found.record.runs,
        "points": [{"point": a.point, "run": a.run, "limits": a.limits} for a in found.record.answers],
        "files": {name: str(folder / name) for name in files},
        "picture": {"drawn": bool(drawing.panels), "why_not": drawing.axes.why},
    }  # fmt: skip
    shown = rows if output in ("csv", "jsonl") else [_for_people(row) for row in rows]
    for warning in found.warnings:
        message(f"WARNING    {warning}")
    emit(body, shown, list(rows[0]) if rows else [], output)
    _say_end(found, rows, drawing, folder)


def _row(answer: Answer) -> JsonDict:
    limit = best(answer)
    bounds = {"xsec_ul_obs_fb": limit["xsec_ul_obs_fb"]} if limit.get("xsec_ul_obs_fb") is not None else {}
    cls = {"cls_obs": limit["cls_obs"], "cls_exp": (limit["cls_exp"] or [None] * 5)[2]}
    return {**answer.point, **cls, **bounds, "excluded": limit["excluded"], "run": answer.run}


def _for_people(row: JsonDict) -> JsonDict:
    """Return a row with numbers below the meaningful range as bounds, and words for open verdicts."""
    bounds = {key: cls_text(row[key]) for key in ("cls_obs", "cls_exp") if row[key] is not None}
    return {**row, **bounds, "excluded": {True: "yes", False: "no", None: "no verdict"}[row["excluded"]]}


def _say_end(found: Scan, rows: list[JsonDict], drawing: Drawing, folder: Path) -> None:
    excluded = sum(row["excluded"] is True for row in rows)
    still_open = sum(row["excluded"] is None for row in rows)
    words = f"{excluded} of {counted(len(rows), 'point')} {are(excluded)} excluded at 95% CL"
    words += f", {still_open} without a verdict" if still_open else ""
    if drawing.panels:
        message(f"{words}; picture: {folder / 'scan.png'}" + (f" ({drawing.left_out})" if drawing.left_out else ""))
        return
    message(f"{words}; table: {folder / 'scan.csv'}")
    again = (
        f"; draw it: recast scan --resume {found.record.scan} {drawing.axes.next_step}"
        if drawing.axes.next_step
        else ""
    )
    message(f"no picture: {drawing.axes.why}{again}")
