"""Links for referees: who has one reads one request, without an account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from sqlalchemy import Connection
from starlette.responses import Response

from recast.json_types import JsonDict
from recast.ledger.people.links import make_link, revoke_link
from recast.service.api.described import Answers, Key, RequestId
from recast.service.asked import Asked, AskedNow
from recast.service.documents.links import LinkList, LinkMade, NewLink
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.told import link_told, links_told

__all__ = ["link_ended", "link_made", "router"]

router = APIRouter(prefix=f"{API}/requests/{{id}}/links", tags=["links"], route_class=DeskRoute)
_LIST: Answers = {200: {"model": LinkList, "description": "The links that still work"}}
_MADE: Answers = {201: {"model": LinkMade, "description": "The link, which is never shown again"}}
_GONE: Answers = {204: {"description": "It opens nothing any more"}}
LinkId = Annotated[str, Path(max_length=40, description="The id of a link.")]


@router.get("", responses=_LIST)
def list_links(asked: AskedNow, id: RequestId) -> Response:
    """List the links to a request that still work."""
    return answer(links_told(asked, asked.request(id)))


@router.post("", status_code=201, responses=_MADE)
def new_link(asked: AskedNow, id: RequestId, wanted: NewLink, key: Key = None) -> Response:
    """Make a link to a request for somebody without an account. The answer to a repeated key has no secret."""
    made = link_made(asked, id, wanted)
    return answer(made, 201, {"Location": asked.url(f"/requests/{id}/links/{made['id']}")})


@router.delete("/{link}", status_code=204, responses=_GONE)
def end_link(asked: AskedNow, id: RequestId, link: LinkId) -> Response:
    """Revoke a link to a request."""
    link_ended(asked, id, link)
    return Response(status_code=204)


def link_made(asked: Asked, id: str, wanted: NewLink) -> JsonDict:
    """Make a link, and return it with its address; without, if its key comes again."""
    request = asked.request(id)

    def make(connection: Connection) -> JsonDict:
        terms = (request.id, asked.actor.user, wanted.note, wanted.expires_in_s, asked.now)
        secret, link = make_link(connection, *terms)
        return {**link_told(link), "link": f"{asked.parts.settings.base_url}/links/{secret}"}

    return asked.change(make, lambda said: {**said, "link": None})


def link_ended(asked: Asked, id: str, link: str) -> None:
    """Let a link open nothing any more; raise NotFound."""
    request = asked.request(id)
    with asked.parts.ledger.writing() as connection, asked.alike():
        revoke_link(connection, request.id, link, asked.actor.user, asked.now)
