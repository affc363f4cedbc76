"""The pages of searches that are known and not archived: find one, ask for it, or archive it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.json_types import JsonDict, JsonObject
from recast.service.api.analyses import Name
from recast.service.api.known import Words
from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.known import found_known, known_told
from recast.service.pages.frame import page
from recast.service.pages.links import query, references
from recast.service.pages.request.shown import shown_row
from recast.service.pages.shape import items_of, text

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)
_MOST_SHOWN = 100


@router.get("/analyses/known")
def search_known(asked: AskedNow, q: Words = "") -> Response:
    """Show which published searches are known and not archived."""
    found = found_known(asked, q)
    items = items_of(found["items"])
    return page(
        asked,
        "known.html",
        q=q,
        found=[_shown(it) for it in items[:_MOST_SHOWN]],
        more=max(0, len(items) - _MOST_SHOWN),
        total=found["total"],
        beside=query(asked.path("/analyses/known.json"), {"q": q}),
    )


@router.get("/analyses/known/{analysis}")
def read_known(asked: AskedNow, analysis: Name) -> Response:
    """Show one of them, who has asked for it, and how to ask for it or archive it."""
    found = known_told(asked, analysis)
    wanted = text(found.get("wanted"), 300)
    asks = [shown_row(it) for it in items_of(found.get("requests"))[:_MOST_SHOWN]]
    beside = asked.path(f"/analyses/known/{found['analysis']}.json")
    address = query(asked.path("/requests/new"), {"wanted": wanted})
    return page(asked, "known_one.html", it=_shown(found), asks=asks, wanted=wanted, ask=address, beside=beside)


def _shown(search: JsonObject) -> JsonDict:
    """Return what pages show of a search."""
    return {
        "name": text(search.get("analysis"), 128),
        "title": text(search.get("title"), 400),
        "collaboration": text(search.get("collaboration")),
        "links": list(references({**search, "hepdata": ""})),
    }
