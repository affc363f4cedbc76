"""Check points before anything is asked: which searches take them, all their faults, what is known nearby, the cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from recast.applies.model import MASS_PREFIX, Model
from recast.applies.which import Search, answer
from recast.catalogue import Catalogue, PublishedVersion
from recast.desk.model import Actor, Point
from recast.desk.points import read_points
from recast.errors import InputError, NotFound, RecastError
from recast.inputs.faults import Fault
from recast.json_types import JsonDict, JsonObject, is_finite
from recast.operations.points.cost import estimated
from recast.operations.points.nearby import nearest_answers
from recast.operations.which import searches_here
from recast.prepare.many_inputs import ManyInputs, Upload
from recast.prepare.what_file import model_of_file
from recast.scans.asked_points import declared_for_requests, inputs_of_point
from recast.scans.declared import Declared

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["check_points", "faults_of_points"]

_MOST_ASKED = 60
"""So many points, evenly spread, are compared with every search; the rest of a grid would say the same."""

_MOST_REASONS = 3


def check_points(document: JsonObject, *, actor: Actor, ledger: Ledger) -> JsonDict:
    """Return `searches`, `faults`, `nearest` and `cost` of the points in a document; nothing is run, or fetched.

    `document` has `points` (and `axes`, `csv`) as a request has them, and maybe `analysis` and `version`. The actor's
    own uploads are judged by their content, and only answers that the actor may read are told.
    """
    malformed: list[str] = []
    _, read = read_points(document, malformed)
    points = [(f"p{number}", point) for number, point in enumerate(read, 1)]
    faults: list[JsonDict] = [_told("", Fault("", text, ""), "request.invalid") for text in malformed]
    upload = _uploads_of(actor, ledger)
    version = _version(document, faults)
    if version is not None:
        faults += list(faults_of_points(version, points, upload))
    digest = version.digest if version else ""
    return {
        "searches": _searches([point for _, point in points], upload),
        "faults": faults,
        "nearest": nearest_answers(ledger, actor, version.analysis, points) if version else [],
        "cost": estimated(ledger, digest, len(points)).as_json(),
    }


def faults_of_points(
    version: PublishedVersion, points: Sequence[tuple[str, Point]], upload: Upload | None
) -> Iterator[JsonDict]:
    """Yield every fault of every point: `point` (its id), `where` in its inputs, `what`, `why`, `next`, `code`."""
    checker, declared = _checker(version)
    good: list[tuple[str, JsonDict]] = []
    for name, point in points:
        try:
            good.append((name, inputs_of_point(version, declared, point.coordinates, point.inputs)))
        except InputError as problem:
            yield _told(name, Fault("", problem.what, problem.why), problem.code, problem.next_step)
    found = checker.faults([inputs for _, inputs in good], upload)
    for (name, _), faults in zip(good, found, strict=True):
        yield from (_told(name, fault, "inputs.invalid") for fault in faults)


_CHECKERS: dict[str, tuple[ManyInputs, Declared]] = {}
_MOST_CHECKERS = 32


def _checker(version: PublishedVersion) -> tuple[ManyInputs, Declared]:
    """Return what checks points of a version: made once for each digest, since a version never changes."""
    found = _CHECKERS.get(version.digest)
    if found is None:
        if len(_CHECKERS) >= _MOST_CHECKERS:
            _CHECKERS.pop(next(iter(_CHECKERS)), None)
        found = _CHECKERS[version.digest] = (ManyInputs(version), declared_for_requests(version))
    return found


def _version(document: JsonObject, faults: list[JsonDict]) -> PublishedVersion | None:
    """Return the version that the document names, None without one; what is wrong with its name is a fault."""
    analysis, version = str(document.get("analysis") or ""), str(document.get("version") or "")
    if not analysis:
        return None
    try:
        return Catalogue().get(f"{analysis}@{version}" if version else analysis)
    except RecastError as problem:
        faults.append(_told("", Fault("/analysis", problem.what, problem.why), problem.code, problem.next_step))
        return None


def _told(point: str, fault: Fault, code: str, next_step: str = "") -> JsonDict:
    return {
        "point": point,
        "where": fault.pointer,
        "what": fault.what,
        "why": fault.allowed,
        "next": next_step,
        "code": code,
    }


def _uploads_of(actor: Actor, ledger: Ledger) -> Upload | None:
    if not actor.user:
        return None
    return lambda digest: ledger.uploads.path(actor.user, digest)


# which searches ------------------------------------------------------------------------------------------------


def _searches(points: Sequence[Point], upload: Upload | None) -> list[JsonDict]:
    """Return for each search how many of the points it takes, and why not the others; those that take most first."""
    step = max(1, -(-len(points) // _MOST_ASKED))
    models = [model for point in points[::step] if (model := _model(point, upload)) is not None]
    if not models:
        return []
    told = [_of_search(search, models) for search in _known_searches()]
    return sorted(told, key=lambda it: (-it["takes"], -it["outside"], it["analysis"]))


def _of_search(search: Search, models: Sequence[Model]) -> JsonDict:
    answers = [answer(search, model) for model in models]
    counts = Counter(it.takes for it in answers)
    reasons = Counter(it.clause.why for it in answers if it.takes != "yes")
    return {
        "analysis": search.analysis,
        "version": search.version,
        "title": search.title,
        "points": len(models),
        "takes": counts["yes"],
        "outside": counts["outside"],
        "unknown": counts["unknown"],
        "reasons": [why for why, _ in reasons.most_common(_MOST_REASONS)],
        "next": next((it.command for it in answers if it.command), ""),
    }


def _known_searches() -> list[Search]:
    """Return the newest version of each published analysis, read again only when the catalogue has changed."""
    catalogue = Catalogue()
    index = catalogue.store.root / "index.json"
    try:
        stamp = (str(index), index.stat().st_mtime_ns, index.stat().st_size)
    except OSError:
        stamp = (str(index), 0, 0)
    return list(_searches_at(stamp))


@lru_cache(maxsize=2)
def _searches_at(_stamp: tuple[str, int, int]) -> tuple[Search, ...]:
    return tuple(it for it in searches_here(Catalogue()) if not isinstance(it, RecastError))


def _model(point: Point, upload: Upload | None) -> Model | None:
    """Return a point as a model: its uploaded file, else its masses, else its inputs; None if it says nothing."""
    path = next((found for value in point.inputs.values() if (found := _uploaded(value, upload))), None)
    masses = dict(_masses(point.coordinates))
    try:
        if path is not None:
            return model_of_file(path, {}, {})
    except (InputError, NotFound):
        return None
    if masses:
        return Model(masses=masses)
    return Model(inputs=dict(point.inputs)) if point.inputs else None


def _uploaded(value: object, upload: Upload | None) -> Path | None:
    if upload is None or not isinstance(value, str) or not value.startswith("upload:"):
        return None
    try:
        return upload(value.removeprefix("upload:"))
    except RecastError:
        return None


def _masses(coordinates: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    for name, value in coordinates.items():
        if name.startswith(MASS_PREFIX) and is_finite(value):
            particle = name.removeprefix(MASS_PREFIX)
            yield particle.removesuffix("_gev"), float(value)
