"""What waits for whoever looks: one list, with the next step of each request."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.json_types import JsonDict, JsonObject
from recast.service.api.described import Cursor
from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.pages.frame import page
from recast.service.pages.links import query
from recast.service.pages.request.shown import shown_row
from recast.service.pages.words import NEXT_STEPS
from recast.service.told import found_requests

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)
_ITEMS = 25


@router.get("/turn")
def your_turn(asked: AskedNow, cursor: Cursor = "") -> Response:
    """List the requests whose next step is the reader's."""
    found = found_requests(asked, "", "", cursor, _ITEMS, mine=False, turn=True)
    path = asked.path("/turn")
    return page(
        asked,
        "turn.html",
        found=[_shown(it) for it in found["items"]],
        total=found["total"],
        first=path if cursor else "",
        after=query(path, {"cursor": found["next"] or ""}) if found["next"] else "",
        beside=query(asked.path("/requests.json"), {"turn": "true", "cursor": cursor, "limit": str(_ITEMS)}),
    )


def _shown(row: JsonObject) -> JsonDict:
    shown = shown_row(row)
    step = "archive" if shown["state"] == "submitted" and not shown["analysis"] else shown["state"]
    return {**shown, "step": NEXT_STEPS.get(step, "")}
