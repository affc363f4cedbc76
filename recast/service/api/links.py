"""Links for referees: who has one reads one request, without an account."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.responses import Response

from recast.json_types import JsonDict
from recast.ledger.people.links import Link, links_of, make_link, revoke_link
from recast.service.api.described import Answers, Key, RequestId
from recast.service.asked import AskedNow
from recast.service.documents.links import LinkList, LinkMade, NewLink
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/requests/{{id}}/links", tags=["links"], route_class=DeskRoute)
_LIST: Answers = {200: {"model": LinkList, "description": "The links that still work"}}
_MADE: Answers = {201: {"model": LinkMade, "description": "The link, which is never shown again"}}
_GONE: Answers = {204: {"description": "It opens nothing any more"}}
LinkId = Annotated[str, Path(max_length=40, description="The id of a link.")]


@router.get("", responses=_LIST)
def list_links(asked: AskedNow, id: RequestId) -> Response:
    """List the links to a request that still work."""
    request = asked.request(id)
    with asked.parts.ledger.reading() as connection:
        items = [_document(link) for link in links_of(connection, request.id, asked.now)]
    return answer({"items": items, "next": None, "total": len(items)})


@router.post("", status_code=201, responses=_MADE)
def new_link(asked: AskedNow, id: RequestId, wanted: NewLink, key: Key = None) -> Response:
    """Make a link to a request for somebody without an account. The answer to a repeated key has no secret."""
    request = asked.request(id)

    def make(connection: Connection) -> JsonDict:
        terms = (request.id, asked.actor.user, wanted.note, wanted.expires_in_s, asked.now)
        secret, link = make_link(connection, *terms)
        return {**_document(link), "link": f"{asked.parts.settings.base_url}/links/{secret}"}

    made = asked.change(make, lambda said: {**said, "link": None})
    return answer(made, 201, {"Location": asked.url(f"/requests/{id}/links/{made['id']}")})


@router.delete("/{link}", status_code=204, responses=_GONE)
def end_link(asked: AskedNow, id: RequestId, link: LinkId) -> Response:
    """Revoke a link to a request."""
    request = asked.request(id)
    with asked.parts.ledger.writing() as connection, asked.alike():
        revoke_link(connection, request.id, link, asked.actor.user, asked.now)
    return Response(status_code=204)


def _document(link: Link) -> JsonDict:
    shown = asdict(link)
    return {name: shown[name] for name in ("id", "note", "created", "expires")}
