"""Check points before anything is asked: which searches take them, all their faults, what is known nearby, the cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from recast.catalogue import Catalogue, PublishedVersion
from recast.desk.faults import Fault as DocumentFault
from recast.desk.model import Actor, Point
from recast.desk.points import read_points
from recast.errors import InputError, NotFound, RecastError
from recast.inputs.faults import Fault
from recast.json_types import JsonDict, JsonObject
from recast.operations.points.comparing import Asked, compared
from recast.operations.points.cost import estimated
from recast.operations.points.nearby import nearest_answers
from recast.operations.points.pasted import Pasted, read_pasted
from recast.prepare.many_inputs import ManyInputs, Upload
from recast.scans.asked_points import declared_for_requests, inputs_of_point
from recast.scans.declared import Declared

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["check_points", "faults_of_points"]

_MOST_TOLD_OF = 6
"""So many searches that take some of the points are told with cost and answers nearby: each is a look at requests."""

_MOST_NEAR = 3


def check_points(document: JsonObject, *, actor: Actor, ledger: Ledger) -> JsonDict:
    """Return `searches`, `uncovered`, `faults`, `nearest` and `cost` of the points in a document, and what was `read`;
    nothing is run, fetched or kept.

    `document` has `points` (and `axes`, `csv`) as a request has them, or a pasted `text`, and maybe `analysis` and
    `version`. The actor's own uploads are judged by their content, and only answers that the actor may read are told.
    """
    malformed: list[DocumentFault] = []
    pasted, said = _said(document, ledger, malformed)
    _, read = read_points(said, malformed)
    points = [(f"p{number}", point) for number, point in enumerate(read, 1)]
    faults: list[JsonDict] = [_told("", Fault(it.where, it.what, ""), "request.invalid") for it in malformed]
    upload = _uploads_of(actor, ledger)
    version = _version(said, faults)
    if version is not None:
        faults += list(faults_of_points(version, points, upload))
    asked = Asked.of_model(pasted.model) if pasted and pasted.model else Asked.of_points(points, upload)
    searches, uncovered = compared(asked)
    many = len(points) or len(asked.models)
    return {
        "read": _read(pasted, len(points)),
        "version": _named(version),
        "searches": [*_with_cost(searches, asked, many, actor, ledger, version)],
        "uncovered": uncovered,
        "faults": faults,
        "nearest": nearest_answers(ledger, actor, version.analysis, points) if version else [],
        "cost": estimated(ledger, version.digest if version else "", many).as_json(),
    }


def _said(document: JsonObject, ledger: Ledger, malformed: list[DocumentFault]) -> tuple[Pasted | None, JsonObject]:
    """Return what was pasted, None if nothing was, and the document with the points in it."""
    text = document.get("text")
    if not isinstance(text, str) or not text.strip():
        return None, document
    try:
        pasted = read_pasted(text, ledger)
    except InputError as problem:
        malformed.append(DocumentFault("/text", f"{problem.what}. {problem.why}".strip()))
        return None, document
    if pasted.kind == "words":
        words = "it names no masses (m_squark=1200 m_neutralino=300), and is no table, spectrum or file that is known"
        malformed.append(DocumentFault("/text", words))
    named = {key: value for key, value in document.items() if key in ("analysis", "version") and value}
    return pasted, {**pasted.document, **named}


def _read(pasted: Pasted | None, points: int) -> JsonDict | None:
    if pasted is None:
        return None
    return {"kind": pasted.kind, "points": points, "notes": list(pasted.notes)}


def _named(version: PublishedVersion | None) -> JsonDict | None:
    if version is None:
        return None
    return {"analysis": version.analysis, "version": version.version, "digest": version.digest}


def _with_cost(
    searches: Sequence[JsonDict],
    asked: Asked,
    points: int,
    actor: Actor,
    ledger: Ledger,
    version: PublishedVersion | None,
) -> Iterator[JsonDict]:
    """Yield the searches; the first that take some of the points with what these cost, and what is known nearby.

    Of points that are asked of one version, this is told beside the searches; of a file, only that version sees masses.
    """
    for place, it in enumerate(searches):
        is_meant = place < _MOST_TOLD_OF if version is None else it["analysis"] == version.analysis and not asked.points
        if not is_meant or not it["takes"] + it["outside"]:
            yield it
            continue
        digest = ""
        with suppress(NotFound):
            digest = ledger.catalogue.facts(it["analysis"], it["version"]).digest
        near = nearest_answers(ledger, actor, it["analysis"], asked.places(it)[:_MOST_NEAR])
        yield {**it, "cost": estimated(ledger, digest, points).as_json(), "nearest": near}


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
