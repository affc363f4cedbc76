"""The pages of one request: what it is, what may be done with it, and what happened to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.desk.model import Request
from recast.json_types import JsonDict, JsonObject
from recast.service.api.described import RequestId
from recast.service.asked import Asked, AskedNow
from recast.service.documents.requests import Action
from recast.service.http.answers import document_of
from recast.service.http.json_body import DeskRoute
from recast.service.pages.frame import page
from recast.service.pages.posted.posting import Faults, SentNow, checked, posted, terms
from recast.service.pages.posted.sent import Sent
from recast.service.pages.request.actions import shown_actions, written
from recast.service.pages.request.acts import FIELDS, said_by
from recast.service.pages.request.history import shown_event
from recast.service.pages.request.shown import people_of, shown_request
from recast.service.pages.shape import items_of
from recast.service.pages.slices import part_of
from recast.service.pages.words import EVENTS
from recast.service.told import history_told

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_EVENTS, _LATEST = 50, 10
PartNumber = Annotated[int, Query(ge=1, le=100_000)]
Since = Annotated[int | None, Query(ge=0, le=10**9)]


@router.get("/requests/{id}")
def read_request(
    asked: AskedNow, id: RequestId, points: PartNumber = 1, discussion: PartNumber = 1, since: Since = None
) -> Response:
    """Show a request: its points with their answers side by side, its discussion, what may be done and why not.

    With `since`, also what has happened to it after that version: a form leads there.
    """
    return _shown(asked, id, points, discussion, since)


@router.post("/requests/{id}")
def act(asked: AskedNow, sent: SentNow, id: RequestId) -> Response:
    """Do one action, as `POST /api/v1/requests/{id}/actions` does."""

    def do() -> str:
        said = checked(Action, said_by(sent))
        before = asked.if_match
        request = asked.act(id, said.action, said.given())
        part = _part(sent)
        since = request.version - 1 if before is None else before
        return f"/requests/{request.id}?since={since}{f'&points={part}' if part > 1 else ''}#happened"

    return posted(asked, sent, do, lambda faults: _refused(asked, id, sent, faults), _place)


@router.get("/requests/{id}/history")
def read_history(asked: AskedNow, id: RequestId, events: PartNumber = 1) -> Response:
    """Show what happened to a request, the oldest first."""
    request = asked.request(id)
    document, told = document_of(asked, request), history_told(asked, request)
    path = asked.path(f"/requests/{request.id}/history")
    people = people_of(document, asked.actor.user)
    for it in told["items"]:
        people.name(it["by"])
    part = part_of(
        told["items"], events, _EVENTS, lambda it: shown_event(it, people), lambda number: f"{path}?events={number}"
    )
    shown = shown_request(document, asked.actor.user, asked.path(f"/requests/{request.id}"))
    return page(asked, "history.html", r=shown, events=part, beside=f"{path}.json")


def _refused(asked: Asked, id: str, sent: Sent, faults: Faults) -> Response:
    """Show the request as it is now, with what was typed; if it has changed, also what happened meanwhile."""
    since = asked.if_match if faults.changed else None
    return _shown(asked, id, _part(sent), 1, since or None, sent, faults)


def _part(sent: Sent) -> int:
    """Return which part of the points the form was on: those that were ticked are there."""
    number = sent.text("part")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 1


def _shown(
    asked: Asked,
    id: str,
    points: int,
    discussion: int,
    since: int | None,
    sent: Sent | None = None,
    faults: Faults | None = None,
) -> Response:
    request = asked.seen(id)
    document = document_of(asked, request)
    user, path = asked.actor.user, asked.path(f"/requests/{request.id}")
    may, may_not = shown_actions(document, sent, faults)
    return page(
        asked,
        "request.html",
        status=faults.status if faults else 200,
        r=shown_request(document, user, path, points, discussion),
        may={it.action: it for it in may},
        may_not=may_not,
        happened=_happened(asked, document, since, history_told(asked, request, since) if since is not None else {}),
        left=written(sent) if sent and faults and not any(it.refused for it in may) else (),
        ticked=sent.texts("answers") if sent and faults else (),
        faults=faults,
        terms=terms(request.version) if user else None,
        part=str(points),
        follow=None if faults else _followed(asked, request),
        beside=f"{path}.json",
    )


def _followed(asked: Asked, request: Request) -> JsonDict | None:
    """Return what a script needs to follow a request; None unless its points are being answered, here and now."""
    if request.state != "accepted" or asked.parts.copied:
        return None
    events = asked.url(f"/requests/{request.id}/events")
    return {"events": events, "kinds": " ".join(EVENTS), "number": request.version}


def _happened(asked: Asked, document: JsonObject, since: int | None, told: JsonObject) -> list[JsonObject] | None:
    """Return the last events after a version, None if nobody asks for them."""
    if since is None:
        return None
    people = people_of(document, asked.actor.user)
    return [shown_event(it, people) for it in items_of(told.get("items"))[-_LATEST:]]


def _place(where: str) -> str:
    """Return the field of a form that a fault belongs to."""
    name = where.strip("/").partition("/")[0]
    name = "method" if name == "provenance" else name
    return name if any(name in fields for fields in FIELDS.values()) else ""
