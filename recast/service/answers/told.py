"""The documents of answers for whoever asks: first `may` is asked, then they are made of what it lets through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from recast.desk.may import may
from recast.desk.model import Answer, Point, Request
from recast.desk.objects import Given, Run
from recast.errors import NotFound, UsageError
from recast.json_types import JsonDict, JsonObject
from recast.scans.declared import Declared, declared_plot
from recast.service.answers.compared import Side, compared_document
from recast.service.answers.document import answers_document
from recast.service.answers.listed import View
from recast.service.answers.point import point_document
from recast.service.asked import Asked, no_such
from recast.service.http.answers import document_of
from recast.service.seats import Seats

__all__ = [
    "MOST_COMPARED",
    "answer_asked",
    "compared_told",
    "inside",
    "plot_record",
    "point_told",
    "request_answers_told",
]

MOST_COMPARED = 6
_MANY = 600
"""Points from which on a document takes a noticeable part of a second of a processor."""

_SEATS = Seats(3, each=2, kept=1, wait_s=10.0)


def request_answers_told(asked: Asked, request: Request, view: View) -> JsonDict:
    """Return the answers of a request that the actor may read, as charts and a page of a table."""
    document = document_of(asked, request)
    with _room(asked, len(request.points)):
        told = answers_document(document, _declared(asked, document), view)
    return {**told, "signals": bool(told["runs"]) and inside(asked, request)}


def answer_asked(asked: Asked, id: str, answer_id: str) -> tuple[Request, Point, Answer]:
    """Return an answer to which the actor may do the route's action, with its point and request; raise NotFound or
    Refused.
    """
    request = asked.seen(id)
    for point in request.points:
        for answer in point.answers:
            if answer.id == answer_id:
                asked.must(Given(request, answer), asked.policy(request))
                return request, point, answer
    raise no_such(asked.http.path_params)


def inside(asked: Asked, request: Request) -> bool:
    """Return whether the actor may read what the steps of a request's runs were given and made: all of a run's signals,
    whichever points they belong to.
    """
    return may(asked.actor, "read-log", Run(request), asked.policy(request)).yes


def point_told(asked: Asked, request: Request, point: str) -> JsonDict:
    """Return one point with all its answers that the actor may read; raise NotFound."""
    found = point_document(document_of(asked, request), point)
    if found is None:
        raise no_such(asked.http.path_params)
    return found


def compared_told(asked: Asked, requests: Sequence[str], view: View) -> JsonDict:
    """Return several requests point by point. Each must be there for the actor to read: if one is hidden, it is as if
    it were not there. Raises UsageError for too many.
    """
    asked.must()
    names = list(dict.fromkeys(filter(None, requests)))
    if not 1 <= len(names) <= MOST_COMPARED:
        raise UsageError(
            f"{len(names)} requests cannot be compared",
            where="with",
            why=f"One to {MOST_COMPARED} are: each version and authority of one has a column of its own.",
            next_step="?with=ID&with=ID",
        )
    reading = asked.to("read")
    documents = [document_of(asked, reading.request(name)) for name in names]
    sides = [Side(it, _declared(asked, it).labels) for it in documents]
    with _room(asked, sum(len(it["points"]) for it in documents)):
        return compared_document(sides, view)


@contextmanager
def _room(asked: Asked, points: int) -> Iterator[None]:
    """Go on, with a seat if there are many points; raise InfrastructureError if too many people look at as many."""
    if points <= _MANY:
        yield
        return
    with _SEATS.one(asked.actor.user or "@"):
        yield


def plot_record(asked: Asked, document: JsonObject) -> JsonDict:
    """Return the record of the version that a request names; an empty one if it is not in the catalogue (any more)."""
    catalogue, analysis, version = asked.parts.ledger.catalogue, document["analysis"], document["version"]
    if not analysis:
        return {}
    try:
        return catalogue.version(analysis, version) if version else catalogue.record(analysis)
    except NotFound:
        return {}


def _declared(asked: Asked, document: JsonObject) -> Declared:
    """Return what the version of a request declares about plots."""
    return declared_plot(plot_record(asked, document).get("plot") or {})
