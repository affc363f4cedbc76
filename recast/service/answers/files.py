"""Answers as files to take away: charts, tables, a submission to HEPData. What takes long has few seats."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recast.charts import Figure, beside, standalone
from recast.desk.model import Answer, Point, Request
from recast.errors import InfrastructureError, NotFound
from recast.service.answers.chosen import authorities_of, authority_of
from recast.service.answers.csv_table import csv_of
from recast.service.answers.figures import figures_of_answer, figures_of_request
from recast.service.answers.hepdata import archive, hepdata_archive
from recast.service.answers.listed import View
from recast.service.answers.signals import signals_of
from recast.service.answers.told import plot_record, point_told, request_answers_told
from recast.service.asked import Asked
from recast.service.http.answers import document_of
from recast.service.seats import Seats

__all__ = ["CHARTS", "File", "file_of_answer", "file_of_request"]

CHARTS = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}
_MOST_POINTS, _MOST_RUNS = 5000, 4
_SEATS = Seats(2, each=2, kept=1, wait_s=5.0)
"""Pictures and archives take a processor for up to seconds: strangers must not take it from everybody."""


@dataclass(frozen=True, slots=True)
class File:
    """A file to take away."""

    name: str
    media_type: str
    content: bytes

    @property
    def etag(self) -> str:
        """What changes whenever the file does."""
        return f'"{hashlib.sha256(self.content).hexdigest()[:32]}"'


def file_of_request(asked: Asked, request: Request, name: str, view: View, quantity: str = "") -> File:
    """Return a file about the answers of a request that the actor may read: `chart.svg`, `chart.png`, `chart.pdf`,
    `answers.csv`, `answers.json`, `hepdata.zip`, `pyhf.zip`. Raises NotFound for others, and if there is nothing in it.
    """
    stem, _, form = name.partition(".")
    if stem == "chart" and form in CHARTS:
        document = request_answers_told(asked, request, view)
        figures = figures_of_request(document, quantity=quantity)
        if not figures:
            raise _nothing(document["why"])
        whole = figures[0] if len(figures) == 1 else beside(figures[0].title, figures)
        return _drawn(asked, whole, form, f"{request.id}-{document['authority'] or 'points'}")
    if (make := _TABLES.get(name)) is None:
        raise _no_such(name, [*(f"chart.{form}" for form in CHARTS), *_TABLES])
    return make(asked, request, view)


def file_of_answer(asked: Asked, request: Request, point: Point, answer: Answer, name: str) -> File:
    """Return a chart of an answer whose results the actor may read: `limits.svg`, `yields-1.png` and such; raise
    NotFound.
    """
    chart, _, form = name.partition(".")
    document = point_told(asked, request, point.id)
    found = next(dict(figures_of_answer(it)) for it in document["answers"] if it["id"] == answer.id)
    if chart not in found or form not in CHARTS:
        raise _no_such(name, [f"{it}.svg" for it in found])
    return _drawn(asked, found[chart], form, f"{request.id}-{answer.id}-{chart}")


def _drawn(asked: Asked, figure: Figure, form: str, stem: str) -> File:
    with _SEATS.one(asked.actor.user or "@"):
        content = standalone(figure).encode() if form == "svg" else _raster(figure, form)
    return File(f"{stem}.{form}", CHARTS[form], content)


def _raster(figure: Figure, form: str) -> bytes:
    try:
        from recast.charts.raster import pictures

        (content,) = pictures(figure, ["pdf" if form == "pdf" else "png"])
        return content
    except ImportError as problem:
        raise InfrastructureError(
            f"This service makes no {form.upper()}: it has no matplotlib",
            why=str(problem),
            next_step="take the SVG; who runs the service can: pip install 'recast-framework[plots]'",
        ) from None


def _csv(asked: Asked, request: Request, view: View) -> File:
    told = document_of(asked, request)
    content = csv_of(told, authority_of(authorities_of(told), view.authority))
    return File(f"{request.id}-answers.csv", "text/csv; charset=utf-8", content)


def _json(asked: Asked, request: Request, view: View) -> File:
    document = request_answers_told(asked, request, View(view.authority, view.x, view.y, limit=_MOST_POINTS))
    content = json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode() + b"\n"
    return File(f"{request.id}-answers.json", "application/json", content)


def _hepdata(asked: Asked, request: Request, view: View) -> File:
    document = request_answers_told(asked, request, view)
    told = document_of(asked, request)
    with _SEATS.one(asked.actor.user or "@"):
        content = hepdata_archive(document, told, plot_record(asked, told))
    return File(f"{request.id}-hepdata.zip", "application/zip", content)


def _pyhf(asked: Asked, request: Request, view: View) -> File:
    """Return the signals of the newest runs, which only those may read who may read everything of a run."""
    document = request_answers_told(asked, request, view)
    if not document["signals"]:
        raise NotFound(
            "There are no signals here that you may have",
            why="Nothing was run here for these answers, or not every answer of the runs is released yet.",
        )
    noted = [asked.parts.ledger.runs.get(run) for run in document["runs"][-_MOST_RUNS:]]
    folders = {it.id: Path(it.folder) for it in noted if it.folder and Path(it.folder).is_dir()}
    with _SEATS.one(asked.actor.user or "@"):
        return File(f"{request.id}-pyhf.zip", "application/zip", archive(signals_of(folders)))


_TABLES: Mapping[str, Callable[[Asked, Request, View], File]] = {
    "answers.csv": _csv,
    "answers.json": _json,
    "hepdata.zip": _hepdata,
    "pyhf.zip": _pyhf,
}


def _nothing(why: str) -> NotFound:
    return NotFound("There is no chart of these answers", why=why, next_step="answers.csv has all points")


def _no_such(name: str, known: list[str]) -> NotFound:
    return NotFound(f"There is no file {name:.60} of this", why=f"There are: {', '.join(known)}.")
