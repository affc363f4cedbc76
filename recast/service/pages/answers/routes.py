"""The pages of answers: all of a request, one point, and several requests beside each other."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.desk.model import Request
from recast.json_types import JsonObject
from recast.service.answers.figures import figures_of_request
from recast.service.answers.listed import View
from recast.service.answers.told import compared_told, point_told, request_answers_told
from recast.service.api.answers import PointId, Quantity, Requests, ViewNow
from recast.service.api.described import RequestId
from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.pages.answers.compared import compared_query, shown_compared
from recast.service.pages.answers.drawings import drawings
from recast.service.pages.answers.point import shown_one
from recast.service.pages.answers.shown import Here, shown_answers
from recast.service.pages.frame import page
from recast.service.pages.links import query
from recast.service.pages.words import EVENTS

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_FILES = ("chart.svg", "chart.png", "chart.pdf", "answers.csv", "answers.json", "hepdata.zip", "pyhf.zip")
Compared = Annotated[str, Query(max_length=20)]


@router.get("/requests/compare")
def compare(asked: AskedNow, view: ViewNow, requests: Requests = [], quantity: Compared = "") -> Response:  # noqa: B006
    """Show requests and versions point by point."""
    document = compared_told(asked, requests, view)
    path, wanted = asked.path("/requests/compare"), {**_wanted(view), "quantity": quantity}
    shown = shown_compared(document, asked.path(""), path, wanted)
    beside = compared_query(f"{path}.json", shown["names"], verdict=view.verdict, cursor=wanted["cursor"])
    return page(asked, "compare.html", c=shown, beside=beside)


@router.get("/requests/{id}/answers")
def read_answers(asked: AskedNow, id: RequestId, view: ViewNow, quantity: Quantity = "") -> Response:
    """Show the answers of one authority to a request: charts, and a table that sorts and filters."""
    request = asked.request(id)
    document = request_answers_told(asked, request, view)
    own = asked.path(f"/requests/{request.id}")
    here = Here(asked.path(""), f"{own}/answers", {**_wanted(view), "quantity": quantity})
    figures = figures_of_request(document, lambda point: f"{own}/points/{quote(point)}", quantity)
    return page(
        asked,
        "answers.html",
        a=shown_answers(document, here),
        charts=drawings(figures, most=0),
        path=own,
        follow=_follow(asked, request),
        files=_files(asked.url(f"/requests/{request.id}/downloads"), here, document),
        beside=query(f"{here.path}.json", {**_wanted(view), "limit": str(view.limit)}),
    )


@router.get("/requests/{id}/points/{point}")
def read_point(asked: AskedNow, id: RequestId, point: PointId) -> Response:
    """Show one point with all its answers."""
    request = asked.request(id)
    document = point_told(asked, request, point)
    own = asked.path(f"/requests/{request.id}")
    shown = shown_one(document, own, asked.url(f"/requests/{request.id}"))
    return page(asked, "point.html", p=shown, beside=f"{own}/points/{quote(point)}.json")


def _follow(asked: AskedNow, request: Request) -> dict[str, str] | None:
    """Return what a script follows while answers come in, None if they do not."""
    if asked.parts.copied or request.state != "accepted":
        return None
    events = asked.url(f"/requests/{request.id}/events")
    return {"events": events, "kinds": " ".join(EVENTS), "number": str(request.version)}


def _wanted(view: View) -> dict[str, str]:
    """Return what a view asks for, as an address has it."""
    asked = {name: getattr(view, name) for name in ("authority", "x", "y", "sort", "verdict", "q")}
    return {**asked, "cursor": str(view.start) if view.start else ""}


def _files(path: str, here: Here, document: JsonObject) -> list[tuple[str, str]]:
    """Return the files that there are, each with its address: they are about the same view."""
    wanted = {key: here.wanted.get(key, "") for key in ("authority", "x", "y", "quantity")}
    has = {"chart": bool(document["charts"]), "answers": True, "hepdata": bool(document["authority"])}
    has["pyhf"] = bool(document["signals"])
    return [(name, query(f"{path}/{name}", wanted)) for name in _FILES if has[name.partition(".")[0]]]
