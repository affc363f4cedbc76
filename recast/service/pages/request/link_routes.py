"""The page of a request's links for referees: who has one reads the request, without an account."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.json_types import JsonDict, JsonObject
from recast.service.api.described import RequestId
from recast.service.api.links import LinkId, link_ended, link_made
from recast.service.asked import Asked, AskedNow
from recast.service.documents.links import NewLink
from recast.service.http.answers import document_of
from recast.service.http.json_body import DeskRoute
from recast.service.pages.frame import page
from recast.service.pages.links import within
from recast.service.pages.posted.days import LIVES, seconds_of
from recast.service.pages.posted.posting import Faults, SentNow, checked, posted, terms
from recast.service.pages.posted.sent import Sent
from recast.service.pages.request.shown import shown_request
from recast.service.pages.shape import items_of, text
from recast.service.told import links_told

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)
_MOST_SHOWN = 200


@router.get("/requests/{id}/links")
def list_links(asked: AskedNow, id: RequestId) -> Response:
    """Show the links to a request that still work, and how to make one."""
    asked.request(id)
    return _shown(asked, id)


@router.post("/requests/{id}/links")
def make_link(asked: AskedNow, sent: SentNow, id: RequestId) -> Response:
    """Make a link, as `POST /api/v1/requests/ID/links` does. The page that answers is the one that shows it."""

    def do() -> Response:
        wanted = checked(NewLink, {"note": sent.text("note").strip(), **seconds_of(sent)})
        return _shown(asked, id, made=link_made(asked, id, wanted))

    return posted(asked, sent, do, lambda faults: _shown(asked, id, sent, faults), within)


@router.post("/requests/{id}/links/{link}")
def end_link(asked: AskedNow, sent: SentNow, id: RequestId, link: LinkId) -> Response:
    """Revoke a link, as `DELETE /api/v1/requests/ID/links/LINK` does."""

    def do() -> str:
        link_ended(asked, id, link)
        return f"/requests/{id}/links" if _owns(asked, id) else f"/requests/{id}"

    return posted(asked, sent, do, lambda faults: _shown(asked, id, sent, faults), within)


def _owns(asked: Asked, id: str) -> bool:
    return asked.seen(id).owner == asked.actor.user


def _shown(
    asked: Asked, id: str, sent: Sent | None = None, faults: Faults | None = None, made: JsonObject | None = None
) -> Response:
    request = asked.seen(id)
    document = document_of(asked, request)
    path = asked.path(f"/requests/{request.id}")
    links = items_of(links_told(asked, request)["items"]) if _owns(asked, id) else []
    return page(
        asked,
        "links.html",
        status=faults.status if faults else 201 if made else 200,
        r=shown_request(document, asked.actor.user, path),
        links=[_link(it) for it in links[:_MOST_SHOWN]],
        lives=LIVES,
        sent=sent or Sent(),
        made=made,
        faults=faults,
        terms=terms(),
    )


def _link(link: JsonObject) -> JsonDict:
    return {name: text(link.get(name), 200) for name in ("id", "note", "created", "expires")}
