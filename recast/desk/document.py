"""A request as a document: what people write (request.yml, the API, the form), and what everybody is shown.

One document is read and written everywhere. `read_draft` reads what is asked; `as_document` writes it again;
`request_document` is what a reader gets, and holds what they may do next and why not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from recast.desk.asking import fault_of_text
from recast.desk.faults import Fault, invalid, pointer
from recast.desk.may import may, who_may
from recast.desk.model import AUDIENCES, Actor, Answer, Comment, Listed, Point, Request
from recast.desk.moved import moved
from recast.desk.objects import Given, Run
from recast.desk.points import read_points
from recast.desk.record import counts_of
from recast.desk.state import not_now
from recast.desk.transitions import TRANSITIONS
from recast.json_types import JsonDict, JsonObject

__all__ = ["FIELDS", "Draft", "amended_document", "as_document", "read_draft", "request_document", "request_row"]

FIELDS = ("analysis", "version", "wanted", "title", "model", "reason", "audience", "axes", "points", "csv")
"""Everything that a request's document may say; all but these are faults."""

_LONGEST = {"analysis": 200, "version": 100, "wanted": 500, "title": 300, "model": 2000, "reason": 10_000}
_OF_LINES = frozenset({"model", "reason"})


@dataclass(frozen=True, slots=True)
class Draft:
    """What a document asks for; its points have no ids yet."""

    analysis: str
    version: str
    wanted: str
    title: str
    model: str
    reason: str
    audience: str
    axes: tuple[str, ...]
    points: tuple[Point, ...]


def read_draft(document: JsonObject) -> Draft:
    """Return what a document asks for; a draft may be incomplete, `submit` says what is missing.

    Raises InputError (`request.invalid`) with every fault that was found and its place, not only the first.
    """
    faults = [Fault(pointer(key), f"there is no `{key!s:.40}` in a request") for key in document if key not in FIELDS]
    texts = {key: _text(document, key, faults) for key in _LONGEST}
    audience = document.get("audience") or "private"
    if audience not in AUDIENCES:
        faults.append(Fault("/audience", f"`audience` is one of {', '.join(AUDIENCES)}"))
    if texts["analysis"] and texts["wanted"]:
        words = "`wanted` is for a search that nobody has archived: it does not go with `analysis`"
        faults.append(Fault("/wanted", words))
    axes, points = read_points(document, faults)
    if faults:
        raise invalid(faults)
    return Draft(**texts, audience=audience, axes=axes, points=points)


def as_document(request: Request) -> JsonDict:
    """Return the document that asks for a request again: what can be kept, sent, and given to `recast request new`."""
    document: JsonDict = {
        "analysis": request.analysis,
        "version": request.analysis_version,
        "wanted": request.wanted,
        "title": request.title,
        "model": request.model,
        "reason": request.reason,
        "audience": request.audience,
        "axes": list(request.axes),
        "points": [_asked_point(point) for point in request.points],
    }
    return {key: value for key, value in document.items() if value or key == "points"}


def amended_document(request: Request, said: JsonObject) -> JsonDict:
    """Return the document of a request as an amendment would make it: another analysis is asked for as it is now."""
    gone = {"analysis", "wanted", "version"} if {"analysis", "wanted"} & said.keys() else set()
    gone |= {"points"} if "csv" in said or isinstance(said.get("axes"), Mapping) else set()
    return {**{key: value for key, value in as_document(request).items() if key not in gone}, **said}


def request_document(request: Request, actor: Actor, policy: str = "on-acceptance") -> JsonDict:
    """Return what a reader of a request is shown: its state, points and answers, and what they may do and why not.

    Results of an answer are left out (`withheld`) for those who may not read them yet; so is why a point has none.
    """
    sees, reads_logs = _sight(request, actor, policy), may(actor, "read-log", Run(request), policy).yes
    return {
        "id": request.id,
        "state": request.state,
        "state_reason": request.state_reason,
        "revision": request.version,
        **{key: getattr(request, key) for key in ("analysis", "wanted", "title", "model", "reason", "audience")},
        "version": request.analysis_version,
        "digest": request.digest,
        "collaboration": request.collaboration,
        "owner": request.owner,
        **{key: getattr(request, key) for key in ("created", "changed", "expires", "accepted_by", "claimed_by")},
        "axes": list(request.axes),
        "points": [_point(point, sees, reads_logs=reads_logs) for point in request.points],
        "runs": list(request.runs),
        "comments": [{"id": it.id, "by": it.by, "at": it.at, "text": it.text} for it in _comments(request, actor)],
        "subscribed": actor.user in request.subscribers,
        "readers": sorted(request.readers) if actor.user == request.owner else [],
        "allowed": _allowed(request, actor, policy),
    }


def request_row(request: Request, actor: Actor) -> JsonDict:
    """Return one row of a list of requests: what it is, how far it is, and whether the reader follows it."""
    named = ("id", "state", "analysis", "wanted", "title", "audience", "collaboration", "owner", "created", "changed")
    counts = request.counts if isinstance(request, Listed) else counts_of(request.points)
    return {
        **{key: getattr(request, key) for key in named},
        "version": request.analysis_version,
        "points": dict(counts),
        "subscribed": actor.user in request.subscribers,
    }


def _comments(request: Request, actor: Actor) -> list[Comment]:
    """Return the comments that a reader sees: what was said while a request was private stays among its people."""
    inside = may(actor, "read-history", request).yes
    return [comment for comment in request.comments if comment.open or inside]


def _sight(request: Request, actor: Actor, policy: str) -> Callable[[Answer], bool]:
    """Return whether a reader sees the results of an answer: `may` is asked once for all answers that are alike to it,
    by whether they are released and whether the reader gave them.
    """
    known: dict[tuple[bool, bool], bool] = {}

    def sees(answer: Answer) -> bool:
        alike = (answer.state == "released", answer.by == actor.user)
        if alike not in known:
            known[alike] = may(actor, "read-results", Given(request, answer), policy).yes
        return known[alike]

    return sees


def _text(document: JsonObject, key: str, faults: list[Fault]) -> str:
    found: Any = document.get(key)
    if found is None:
        return ""
    if fault := fault_of_text(found, _LONGEST[key], lines=key in _OF_LINES):
        faults.append(Fault(pointer(key), f"`{key}` {fault}"))
        return ""
    return str(found).replace("\r\n", "\n").strip()


def _asked_point(point: Point) -> JsonDict:
    inputs = {"inputs": dict(point.inputs)} if point.inputs else {}
    return {"coordinates": dict(point.coordinates), **inputs}


def _point(point: Point, sees: Callable[[Answer], bool], *, reads_logs: bool) -> JsonDict:
    """Return a point as a reader sees it. Its reason is the end of a log, or that of an answer: it is not told before
    these are.
    """
    told = reads_logs or any(answer.reason == point.reason and sees(answer) for answer in point.answers)
    return {
        "id": point.id,
        "coordinates": dict(point.coordinates),
        "inputs": dict(point.inputs),
        "state": point.state,
        "reason": point.reason if told else "",
        "answers": [_answer(answer, shown=sees(answer)) for answer in point.answers],
        "moved": moved(list(filter(sees, point.answers))),
    }


def _answer(answer: Answer, *, shown: bool) -> JsonDict:
    said = ("id", "authority", "state", "by", "at", "analysis", "version", "digest", "run", "reviewed_by", "reviewer")
    return {
        **{key: getattr(answer, key) for key in said},
        "results": list(answer.results) if shown else [],
        "reason": answer.reason if shown else "",
        "provenance": dict(answer.provenance) if shown else {},
        "withheld": not shown,
        "released_at": answer.released_at,
        "statement": answer.statement,
        "caveat": answer.caveat,
    }


def _allowed(request: Request, actor: Actor, policy: str) -> list[JsonDict]:
    """Return every action of people on a request, each with whether it may be done now, if not, why, and who could."""
    found = []
    for row in TRANSITIONS:
        if row.who == {"machine"} or row.action == "draft":
            continue
        said = may(actor, row.action, request, policy)
        why = not_now(request, row.action) if said.yes else said.why
        who = who_may("request", row.action)
        found.append({"action": row.action, "may": not why, "why": why, "who": who})
    return found
