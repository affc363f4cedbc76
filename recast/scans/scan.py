"""One scan: which points are new, the run that answers them, and the outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recast.atomic import replace_file
from recast.catalogue.statements.validated import validation_words
from recast.counted import counted
from recast.errors import InputError, StoreError
from recast.json_types import JsonDict, JsonObject
from recast.paths import Places
from recast.prepare import Options, Source, prepare
from recast.prepare.input_files import FileGrants
from recast.prepare.inputs import InitData
from recast.rundir import RunDirectory, find_run, new_run_id, now
from recast.runs import create, open_run
from recast.runs.heading import warnings_of_answers
from recast.runs.point_results import PointEnd, check_columns, read_ends
from recast.runs.state import state_of
from recast.runs.why_not import why_not_of_run
from recast.scans.answers import as_csv, plane, published_lines
from recast.scans.axes import choose_axes, column_of
from recast.scans.declared import Declared, as_declared, declared_scan
from recast.scans.inputs import PointInputs, check_points, together, wrapped
from recast.scans.parts import Part, ended_parts, parts_of, smaller
from recast.scans.passes import coarse, middles, refined
from recast.scans.picture import Drawing, draw, drawing
from recast.scans.points import Point, point_key
from recast.scans.record import Answer, ScanRecord, answers_of, scans_folder

__all__ = ["Scan", "finish", "first_points", "new_scan", "old_scan", "write_out"]

Drive = Callable[[RunDirectory], None]
_NOBODY = Answer({}, "")


@dataclass(frozen=True)
class Scan:
    """A scan: its version and inputs, how to run it, and its record."""

    source: Source
    declared: Declared
    inputs: JsonObject
    hand: FileGrants
    options: Options
    places: Places
    record: ScanRecord

    @property
    def folder(self) -> Path:
        """The folder of the scan."""
        return scans_folder(self.places) / self.record.scan

    @cached_property
    def warnings(self) -> list[str]:
        """The warnings about the version to show with every answer."""
        record = self.record
        return warnings_of_answers((record.analysis, record.version), record.digest, self.source.origin or {"scan": {}})

    def ask(self, points: Sequence[Point]) -> int:
        """Add points to the record, with the answers that earlier scans have; return the number of these.

        Nothing is run. Raises InputError for the first point whose inputs do not fit.
        """
        there = {answer.key for answer in self.record.answers}
        checked = [item for item in self._checked(points) if item.key not in there]
        earlier = () if self.record.fresh else answers_of(self.places, self.record.digest)
        known = {answer.key: answer for answer in earlier}
        for item in checked:
            old = known.get(item.key, _NOBODY)
            for limit in old.limits:
                own = {name: value for name, value in limit["point"].items() if name not in old.point}
                check_columns(own, item.point, item.data.given, len(self.record.answers) + 1)
            self.record.answers.append(Answer(dict(item.point), item.key, old.run, list(old.limits)))
        return sum(item.key in known for item in checked)

    def _checked(self, points: Sequence[Point]) -> list[PointInputs]:
        words = self.options.words
        made_with = "" if words is None else repr(words)
        return check_points(self.source, self.declared, points, self.inputs, self.hand, made_with)

    def create_run(self) -> RunDirectory:
        """Create the run that answers the open points, and record it."""
        parts = parts_of(self.record.open, self.record.part if self.declared.over else 1)
        source, data = self._inputs_of(parts)
        directory = create(prepare(source, data, self.options), self.places, None)
        self.record.runs.append(directory.request().run)
        self.record.parts = [[answer.key for answer in part] for part in parts]
        self.record.save(self.folder)
        return directory

    def _inputs_of(self, parts: Sequence[Part]) -> tuple[Source, InitData]:
        if not self.declared.over:
            points = self._checked([answer.point for part in parts for answer in part])
            return wrapped(self.source, points, self.folder / "spec")
        groups = [
            together(self.source, self.declared, [a.point for a in part], self.inputs, self.hand) for part in parts
        ]
        if len(groups) == 1:
            return self.source, groups[0].data
        return wrapped(self.source, groups, self.folder / "spec")

    def take(self, directory: RunDirectory) -> None:
        """Give the points of a run that has ended their answers; those that failed together stay open."""
        record, run = self.record, directory.request().run
        by_key = {answer.key: answer for answer in record.open}
        parts = [[by_key[key] for key in keys if key in by_key] for keys in record.parts] or [record.open]
        ended = ended_parts(parts, _ends_of(directory), self.declared, run)
        record.part = smaller(ended.failed_together) if ended.failed_together else 0
        record.taken.append(run)
        if self.declared.published and not record.published:
            record.published = published_lines(ended.results, self.declared.published)
        record.save(self.folder)

    def find_axes(self) -> None:
        """Record the axes of the plot, which may only be known from the answers."""
        answered = [answer for answer in self.record.answers if answer.limits]
        self.record.axes = list(choose_axes(answered, self.record.asked_axes, self.declared).names)

    def next_points(self) -> list[Point]:
        """Return the points that would refine the exclusion contour; none if it needs no more, or there is no plane."""
        record = self.record
        if len(record.axes) != 2:
            return []
        answered = [answer for answer in record.answers if answer.limits]
        known = plane(answered, record.axes, "observed")
        if self.declared.points:
            asked = {point_key(answer.point) for answer in record.answers}
            left = [point for point in self.declared.points if point_key(point) not in asked]
            return refined(known, left, record.axes)
        columns = [column_of(axis, answered) for axis in record.axes]
        if self.declared.over or None in columns:
            return []  # a point cannot be created from coordinates that only the analysis reports
        return middles(known, [str(name) for name in columns], _shared([answer.point for answer in record.answers]))


def new_scan(
    source: Source,
    inputs: JsonObject,
    hand: FileGrants,
    options: Options,
    places: Places,
    points: Sequence[Point] | None,
    refine: int,
    *,
    fresh: bool = False,
    axes: Sequence[str] = (),
) -> Scan:
    """Return a scan without points: `Scan.ask` adds them. `points` are the user's, None for those of the version."""
    version = source.version
    if version is None:
        raise InputError(
            "Only a published version can be scanned",
            where=source.path,
            next_step="write a catalogue entry for it (recast catalogue create), then: recast publish",
        )
    declared = declared_scan(version, list(points[0]) if points else [])
    if not points and not declared.points:
        raise InputError(
            f"{version.reference} declares no points to scan",
            next_step=f"recast scan {version.typed} --points FILE.csv   (recast show inputs {version.typed})",
        )
    record = ScanRecord(
        scan=new_run_id(),
        created=now(),
        analysis=version.analysis,
        version=version.version,
        digest=version.digest,
        axes=list(axes or declared.axes),
        answers=[],
        inputs=dict(inputs),
        folders=[str(folder) for folder in hand.folders],
        refine=refine,
        fresh=fresh,
        asked_axes=list(axes),
    )
    return Scan(source, declared, {**declared.inputs, **inputs}, hand, options, places, record)


def old_scan(source: Source, record: ScanRecord, options: Options, places: Places) -> Scan:
    """Return an existing scan from its record, to continue it."""
    assert source.version is not None
    columns = list(record.answers[0].point) if record.answers else []
    declared = declared_scan(source.version, columns)
    hand = FileGrants(frozenset(record.inputs), tuple(map(Path, record.folders)))
    return Scan(source, declared, {**declared.inputs, **record.inputs}, hand, options, places, record)


def first_points(scan: Scan, points: Sequence[Point] | None) -> list[Point]:
    """Return the points of the first pass: the user's, or the version's own (a coarse part of them when refining)."""
    if points:
        return as_declared(points, scan.declared)
    own = list(scan.declared.points)
    return coarse(own, scan.record.axes) if scan.record.refine else own


def finish(scan: Scan, drive: Drive, say: Callable[[str], None]) -> Drawing:
    """Run the open points, pass by pass, and write tables and plots. After a crash the same call continues the scan.

    Returns what was drawn. `drive` drives a run to its end and raises if that says nothing about its points;
    `--resume` then continues the scan.
    """
    record = scan.record
    while True:
        while record.open:
            drive_to = find_run(scan.places.runs, record.runs[-1]) if _is_unfinished(scan) else scan.create_run()
            drive(drive_to)
            scan.take(drive_to)
        scan.find_axes()
        if not record.refine:
            break
        record.refine -= 1
        points = scan.next_points()
        if not points:
            say("refine     the exclusion contour needs no more points")
            record.refine = 0
            break
        known = scan.ask(points)
        record.save(scan.folder)
        say(f"refine     {counted(len(points), 'point')} around the contour, {known} known")
    return write_out(scan)


def write_out(scan: Scan) -> Drawing:
    """Write `scan.csv` and `contour.json`, and `scan.svg`, `scan.png` and `scan.pdf` if there is something to draw.

    Returns what was drawn, or why nothing was.
    """
    record, folder = scan.record, scan.folder
    record.save(folder)
    what = drawing(record, scan.declared)
    panels = [{"axes": panel.axes, "held": panel.held, "contours": curves} for panel, curves in what.panels]
    alone = panels[0]["contours"] if len(panels) == 1 else {}
    failed = [{"point": answer.point, "reason": answer.reason} for answer in record.failed]
    content = {"axes": record.axes, "contours": alone, "published": what.published, "panels": panels, "failed": failed}
    replace_file(folder / "scan.csv", as_csv(record.answers, scan.warnings).encode())
    replace_file(folder / "contour.json", json.dumps(content).encode())
    draw(what, record, scan.declared, _words(scan), folder)
    return what


def _words(scan: Scan) -> list[str]:
    """Return the text below the plot: whose data it is, and how the version is validated here."""
    assert scan.source.version is not None
    metadata = scan.source.version.metadata
    data = f"{metadata['collaboration']}, √s = {metadata['sqrts_tev']} TeV, {metadata['luminosity_inv_fb']} fb⁻¹"
    warnings = [f"WARNING: {warning}" for warning in scan.warnings]
    return [*warnings, f"{data}; {metadata['authority']} result; {validation_words(scan.source.version)}."]


def _is_unfinished(scan: Scan) -> bool:
    """Return whether the newest run of the scan was created for the open points, and its results are not here yet."""
    runs = scan.record.runs
    return bool(runs) and runs[-1] not in scan.record.taken


def _ends_of(directory: RunDirectory) -> list[PointEnd]:
    """Return what a run says of each of its parts; a run without scopes for them is one part."""
    ends = read_ends(directory)
    if ends is not None:
        return ends
    if state_of(directory) != "succeeded":
        live = open_run(directory)
        why = why_not_of_run(live.engine, directory)
        return [PointEnd([], why.reason, why.again)]
    path = directory.results / "results.json"
    try:
        return [PointEnd(json.loads(path.read_bytes())["results"])]
    except (OSError, ValueError, KeyError) as problem:
        raise StoreError("The results of a run cannot be read", where=str(path), why=str(problem)) from problem


def _shared(points: Sequence[Point]) -> JsonDict:
    """Return the columns that are the same in all points."""
    return {name: value for name, value in points[0].items() if all(point.get(name) == value for point in points)}
