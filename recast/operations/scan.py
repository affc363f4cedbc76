"""Scan many model points of one version: begin or reopen a scan, drive it pass by pass, and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from recast.catalogue.ready import Consent, make_ready
from recast.counted import are, counted
from recast.errors import InputError, RecastError, UsageError, WorkflowFailed
from recast.json_types import JsonDict
from recast.paths import Places
from recast.prepare import Options, find_source
from recast.prepare.input_files import FileGrants
from recast.prepare.prepare import check_can_start
from recast.rundir import RunDirectory
from recast.runs.state import state_of
from recast.scans.answers import best
from recast.scans.inputs import names_alone, short
from recast.scans.picture import PICTURES, Drawing
from recast.scans.points import Point
from recast.scans.record import Answer, find_scan
from recast.scans.scan import Scan, finish, first_points, new_scan, old_scan

__all__ = ["ScanAsked", "ScanReport", "begin_scan", "drive_scan", "reopen_scan", "with_images"]

Say = Callable[[str], None]
_MOST_TOLD = 5

FILES = ("scan.csv", "contour.json", *PICTURES)
"""The files of a scan; the plots exist only if there is something to draw."""


@dataclass(frozen=True, slots=True)
class ScanAsked:
    """What a user asks to scan: `points`, None for those of the version; `refine`, the number of passes around the
    contour.

    `inputs` are common to all points, and `grants` says which files they may name.
    """

    source: str
    inputs: JsonDict = field(default_factory=dict)
    grants: FileGrants = field(default_factory=FileGrants)
    points: Sequence[Point] | None = None
    refine: int = 0
    fresh: bool = False
    axes: str | None = None


def begin_scan(asked: ScanAsked, options: Options, places: Places, say: Say, passed_over: Say = lambda _: None) -> Scan:
    """Record a new scan and return it; nothing is run. Raises InputError if its points do not fit, RuntimeUnavailable
    if nothing can run them.

    `passed_over` is called with the reason why a preferred runtime is not used.
    """
    version = find_source(asked.source, None, None, bare=False)
    found = new_scan(
        version,
        asked.inputs,
        asked.grants,
        options,
        places,
        asked.points,
        asked.refine,
        fresh=asked.fresh,
        axes=_axes(asked.axes),
    )
    chosen = first_points(found, asked.points)
    known = found.ask(chosen)
    if found.record.open:
        check_can_start(found.source, found.options, passed_over)
    found.record.save(found.folder)
    points_in_all = counted(len(found.record.answers), "point")
    say(f"scan       {found.record.scan}: {points_in_all}, {known} known from earlier scans")
    if asked.points and (names := names_alone(found.source, found.declared, chosen[0])):
        say(f"note       {', '.join(names)}: not an input of {found.record.analysis}, used only to label points")
    return found


def reopen_scan(
    name: str, options: Options, places: Places, say: Say, *, axes: str | None = None, failed_too: bool = False
) -> Scan:
    """Return an existing scan by its id, a unique prefix or `last`; `axes` replace the axes of its plot.

    Points that failed for reasons of the machines are open again; with `failed_too`, all that failed.
    """
    record, _ = find_scan(places, name)
    record.forget_failures(everything=failed_too)
    version = find_source(f"{record.analysis}@{record.version}", None, None, bare=False)
    found = old_scan(version, record, options, places)
    if record.open:
        check_can_start(version, options)
    record.asked_axes = _axes(axes) or record.asked_axes
    left = len(record.open)
    say(f"scan       {record.scan}: {left} of {counted(len(record.answers), 'point')} {are(left)} open")
    return found


def with_images(scan: Scan, consent: Consent, say: Say) -> Scan:
    """Return a scan whose images are available; `consent` is called before any is built."""
    if not scan.record.open or scan.source.version is None:
        return scan
    is_draft = "draft" in (scan.source.origin or {})
    ready = make_ready(scan.source.version, scan.places, say, consent, is_draft=is_draft)
    return replace(scan, source=replace(scan.source, version=ready, pins=ready.pins))


def drive_scan(scan: Scan, drive: Callable[[RunDirectory], object], say: Say) -> ScanReport:
    """Run the open points, pass by pass, and return the report; `drive` drives one run to its end.

    A run that fails for reasons of its points goes on with the others. Raises what else `drive` raises; `reopen_scan`
    continues the scan afterwards.
    """

    def said(directory: RunDirectory) -> None:
        say(f"run        {directory.request().run} for {counted(len(scan.record.open), 'point')}")
        try:
            drive(directory)
        except (WorkflowFailed, InputError):
            if state_of(directory) != "failed":
                raise
            say(f"failed     {directory.request().run}: some of its points; the others go on")

    try:
        return ScanReport(scan, finish(scan, said, say), scan.folder)
    except RecastError as problem:
        problem.next_step = f"fix the cause, then: recast scan --resume {scan.record.scan}"
        raise


@dataclass(frozen=True, slots=True)
class ScanReport:
    """The outcome of a scan: an answer for each point, what is drawn, and where its files are."""

    scan: Scan
    drawing: Drawing
    folder: Path

    @property
    def files(self) -> list[str]:
        """The names of the existing files."""
        return [name for name in FILES if (self.folder / name).exists()]

    def copied(self, target: Path) -> ScanReport:
        """Copy the files and the record to a folder; return the report of the copy."""
        from recast.atomic import copy_file

        target.mkdir(parents=True, exist_ok=True)
        for name in (*self.files, "scan.json"):
            copy_file(self.folder / name, target / name)
        return replace(self, folder=target)

    def rows(self) -> list[JsonDict]:
        """Return a row for each point: its columns, CLs observed and expected (median), `excluded`, and its run.

        If points failed, the rows also have `reason`, which is empty for the others.
        """
        rows = [_row(answer) for answer in self.scan.record.answers]
        answers = self.scan.record.answers
        return [{**row, "reason": a.reason} for row, a in zip(rows, answers, strict=True)] if self.failed else rows

    @property
    def failed(self) -> list[Answer]:
        """The points without an answer, each with the reason."""
        return self.scan.record.failed

    def failure(self) -> WorkflowFailed | None:
        """Return the error that says which points have no answer and why, None if all have one."""
        if not self.failed:
            return None
        rows = self.scan.record.answers
        numbered = [(number, answer) for number, answer in enumerate(rows, 1) if answer.reason]
        shown = [f"point {number} ({short(answer.point)}): {answer.reason}" for number, answer in numbered[:_MOST_TOLD]]
        more = [f"... and {len(numbered) - _MOST_TOLD} more: scan.csv has all"] if len(numbered) > _MOST_TOLD else []
        return WorkflowFailed(
            f"{len(numbered)} of {counted(len(rows), 'point')} {'has' if len(numbered) == 1 else 'have'} no answer",
            where=f"scan {self.scan.record.scan}",
            why="\n".join([*shown, *more]),
            next_step=f"fix the cause, then: recast scan --resume {self.scan.record.scan} --fresh   (runs these again)",
        )

    def as_json(self) -> JsonDict:
        """Return the document that `recast scan -o json` prints."""
        record, drawing, warnings = self.scan.record, self.drawing, self.scan.warnings
        return {
            **({"warnings": warnings} if warnings else {}),
            "scan": record.scan, "analysis": record.analysis, "version": record.version,
            "digest": record.digest, "axes": record.axes, "runs": record.runs,
            "points": [
                {"point": a.point, "run": a.run, "limits": a.limits, "reason": a.reason} for a in record.answers
            ],
            "failed": len(record.failed),
            "files": {name: str(self.folder / name) for name in self.files},
            "picture": {"drawn": bool(drawing.panels), "why_not": drawing.axes.why},
        }  # fmt: skip

    def words(self) -> list[str]:
        """Return the outcome in sentences: how many points are excluded, and where the plot or the table is."""
        rows, drawing = self.rows(), self.drawing
        excluded = sum(row["excluded"] is True for row in rows)
        failed = len(self.failed)
        still_open = sum(row["excluded"] is None for row in rows) - failed
        words = f"{excluded} of {counted(len(rows), 'point')} {are(excluded)} excluded at 95% CL"
        words += f", {still_open} without a verdict" if still_open else ""
        words += f", {failed} failed" if failed else ""
        if drawing.panels:
            left_out = f" ({drawing.left_out})" if drawing.left_out else ""
            return [f"{words}; picture: {self.folder / 'scan.png'}{left_out}"]
        next_step = drawing.axes.next_step
        again = f"; draw it: recast scan --resume {self.scan.record.scan} {next_step}" if next_step else ""
        return [f"{words}; table: {self.folder / 'scan.csv'}", f"no picture: {drawing.axes.why}{again}"]


def _row(answer: Answer) -> JsonDict:
    if not answer.limits:
        return {**answer.point, "cls_obs": None, "cls_exp": None, "excluded": None, "run": answer.run}
    limit = best(answer)
    bounds = {"xsec_ul_obs_fb": limit["xsec_ul_obs_fb"]} if limit.get("xsec_ul_obs_fb") is not None else {}
    cls = {"cls_obs": limit["cls_obs"], "cls_exp": (limit["cls_exp"] or [None] * 5)[2]}
    return {**answer.point, **cls, **bounds, "excluded": limit["excluded"], "run": answer.run}


def _axes(text: str | None) -> list[str]:
    """Return the given axes; raise UsageError unless there are one or two."""
    if text is None:
        return []
    names = [name.strip() for name in text.split(",")]
    if not 1 <= len(names) <= 2 or "" in names or len(set(names)) < len(names):
        raise UsageError("A plot has one or two axes", where=f"--axes {text}", next_step="--axes m_a_gev,m_b_gev")
    return names
