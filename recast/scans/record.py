"""A scan on disk: the request, which run has which points, and the answers so far.

scans/<id>/scan.json    this record, rewritten completely each time scans/<id>/spec/        the version's files with the
workflow that runs it once per point scans/<id>/scan.csv, contour.json, scan.svg, scan.png, scan.pdf   the outcome
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from recast.atomic import replace_file
from recast.errors import NotFound, StoreError
from recast.json_types import JsonDict, JsonObject
from recast.paths import Places

__all__ = ["Answer", "ScanRecord", "answers_of", "find_scan", "load", "scans_folder"]

_VERSION = 1


@dataclass(slots=True)
class Answer:
    """One point: its columns and key, the run that answered it, and its limits, or the reason why there are none.

    `run` is empty before it is asked. `again`: there may be limits when the point is run again, since it failed for
    reasons of the machines.
    """

    point: JsonObject
    key: str
    run: str = ""
    limits: list[JsonDict] = field(default_factory=list)
    reason: str = ""
    again: bool = False


@dataclass(slots=True)
class ScanRecord:
    """One scan. `runs` are its own runs in order, `refine` is the number of remaining passes around the contour. A
    `fresh` scan uses no answers of earlier scans. `axes` are the axes of its plot as far as they are known,
    `asked_axes` those that the user named.

    `inputs` are common to all points, as the user gave them; `folders` are searched for files that they name. `taken`
    are the runs whose results are in the record. The newest run has the points in `parts`, by their keys; the next one
    takes `part` points together (0: all).
    """

    scan: str
    created: float
    analysis: str
    version: str
    digest: str
    axes: list[str]
    answers: list[Answer]
    inputs: JsonDict = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    refine: int = 0
    fresh: bool = False
    asked_axes: list[str] = field(default_factory=list)
    published: list[list[tuple[float, float]]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    parts: list[list[str]] = field(default_factory=list)
    part: int = 0

    @property
    def open(self) -> list[Answer]:
        """The points that have neither limits nor a reason yet."""
        return [answer for answer in self.answers if not answer.limits and not answer.reason]

    @property
    def failed(self) -> list[Answer]:
        """The points that have no limits, with the reason."""
        return [answer for answer in self.answers if answer.reason]

    def forget_failures(self, *, everything: bool) -> None:
        """Open the points again that failed for reasons of the machines; with `everything`, all that failed."""
        for answer in self.failed:
            if everything or answer.again:
                answer.run, answer.reason, answer.again = "", "", False

    def save(self, folder: Path) -> None:
        """Write the record into the scan's folder, completely or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"schema": _VERSION, **asdict(self)}, indent=1, ensure_ascii=False)
        replace_file(folder / "scan.json", content.encode())


def scans_folder(places: Places) -> Path:
    """Return the folder of all scans."""
    return places.state_dir / "scans"


def load(folder: Path) -> ScanRecord:
    """Read a scan's record; raise StoreError if it is damaged."""
    path = folder / "scan.json"
    try:
        body = json.loads(path.read_bytes())
        if body.pop("schema") != _VERSION:
            raise ValueError("unknown schema version")
        answers = [Answer(**answer) for answer in body.pop("answers")]
        body.setdefault("taken", sorted({answer.run for answer in answers if answer.run}))
        return ScanRecord(answers=answers, **body)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise StoreError("A scan's record cannot be read", where=str(path), why=str(problem)) from problem


def find_scan(places: Places, name: str) -> tuple[ScanRecord, Path]:
    """Return a scan and its folder by a unique prefix of its id, or `last`; raise NotFound."""
    folders = sorted(scans_folder(places).glob("*/scan.json"), key=lambda path: path.stat().st_mtime)
    fitting = [path for path in folders if path.parent.name.startswith(name)] if name != "last" else folders[-1:]
    if len(fitting) != 1:
        why = f"{len(fitting)} scans begin with {name!r}" if fitting else f"There are {len(folders)} scans."
        raise NotFound(f"There is no scan {name!r}", why=why, next_step="recast scan ANALYSIS --points FILE starts one")
    return load(fitting[0].parent), fitting[0].parent


def answers_of(places: Places, digest: str) -> Iterator[Answer]:
    """Yield the answers of earlier scans of a version; records that cannot be read are skipped."""
    for path in sorted(scans_folder(places).glob("*/scan.json")):
        try:
            record = load(path.parent)
        except StoreError:
            continue
        if record.digest == digest:
            yield from (answer for answer in record.answers if answer.limits)
