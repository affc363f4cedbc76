"""The pages by their paths. Beside a page that shows a document of the API, `.json` is that document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from recast.json_types import JsonDict
from recast.service.api import analyses, answers, known, operators, outcomes, requests, runs
from recast.service.api.analyses import ChosenFacets, Name, Number
from recast.service.api.described import Cursor
from recast.service.asked import Asked, AskedNow
from recast.service.documents.requests import State
from recast.service.http.json_body import DeskRoute
from recast.service.pages.account import routes as account_routes
from recast.service.pages.account import turn_routes
from recast.service.pages.answers import routes as answer_routes
from recast.service.pages.assets import FOR_EVER, asset_named, takes_gzip
from recast.service.pages.catalogue import check_page, known_routes
from recast.service.pages.catalogue.search import (
    chosen_of,
    facets_of,
    other_questions,
    question_of,
    shown_item,
    without_each_word,
)
from recast.service.pages.evidence import routes as evidence_routes
from recast.service.pages.form import page as form_page
from recast.service.pages.frame import has_tag, page
from recast.service.pages.linked import linked_data
from recast.service.pages.links import query
from recast.service.pages.operators import routes as operators_routes
from recast.service.pages.record.pointmap import shown_answers
from recast.service.pages.record.shown import shown_record
from recast.service.pages.request import link_routes
from recast.service.pages.request import routes as request_routes
from recast.service.pages.request.shown import shown_row
from recast.service.pages.run import routes as run_routes
from recast.service.pages.shape import text, texts
from recast.service.pages.step import routes as step_routes
from recast.service.pages.words import REQUEST_STATES
from recast.service.told import analysis_told, answers_told, found_analyses, found_requests, me_told, version_told

__all__ = ["routers"]

documents = APIRouter(route_class=DeskRoute, include_in_schema=False)
router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_ITEMS = 25
_FACETS_OF_HOME = ("collaboration", "sqrts_tev", "final_state")
Axis = Annotated[str, Query(max_length=64)]

# The documents beside the pages: the very handlers of the API, at a second address. They come first, because a name in
# a path could otherwise be one that ends in `.json`.
for _path, _handler in (
    ("/analyses.json", analyses.search_analyses),
    ("/analyses/known.json", known.search_known),
    ("/analyses/known/{analysis}.json", known.read_known),
    ("/analyses/{analysis}.json", analyses.read_analysis),
    ("/analyses/{analysis}/versions/{version}.json", analyses.read_version),
    ("/requests.json", requests.list_requests),
    ("/requests/compare.json", answers.compare_requests),
    ("/requests/{id}.json", requests.read_request),
    ("/requests/{id}/history.json", outcomes.read_history),
    ("/requests/{id}/answers.json", answers.read_answers),
    ("/requests/{id}/points/{point}.json", answers.read_point),
    ("/runs/{run}.json", runs.read_run),
    ("/requests/{id}/answers/{answer_id}.json", outcomes.read_evidence),
    ("/runs/{run}/steps/{step:path}.json", runs.read_step),
    ("/operators.json", operators.read_operations),
):
    documents.add_api_route(_path, _handler, methods=["GET"])


def routers() -> tuple[APIRouter, ...]:
    """Return the routes of all pages, in the order in which they are looked for."""
    # `/requests/new` and `/requests/compare` come before `/requests/{id}`.
    rooms = (
        known_routes,
        check_page,
        form_page,
        answer_routes,
        request_routes,
        link_routes,
        run_routes,
        turn_routes,
        account_routes,
        step_routes,
        evidence_routes,
        operators_routes,
    )
    return documents, *(room.router for room in rooms), router


@router.get("/")
def home(asked: AskedNow) -> Response:
    """Show what this is, a search, and how much there is."""
    found = found_analyses(asked, "", {}, "", 1)
    asks = found_requests(asked, "", "", "", 1, mine=False)
    facets = facets_of(asked.path("/analyses"), {}, found, _FACETS_OF_HOME)
    return page(asked, "home.html", analyses=found["total"], requests=asks["total"], facets=facets)


@router.get("/analyses")
def search(
    asked: AskedNow,
    chosen: ChosenFacets,
    q: Annotated[str, Query(max_length=300)] = "",
    cursor: Cursor = "",
) -> Response:
    """Search the catalogue; the address of the page is the search."""
    found = found_analyses(asked, q, chosen, cursor, _ITEMS)
    path, state = asked.path("/analyses"), {"q": q, **chosen}
    return page(
        asked,
        "analyses.html",
        q=q,
        kept=[(name, value) for name, value in chosen.items() if value],
        chosen=chosen_of(path, state),
        facets=facets_of(path, state, found),
        found=[shown_item(it, asked.path("")) for it in found["items"]],
        total=found["total"],
        first=query(path, state) if cursor else "",
        after=query(path, state, cursor=found["next"]) if found["next"] else "",
        fewer=without_each_word(path, state),
        question=question_of(q),
        notes=texts(found.get("notes")),
        instead=text(found.get("instead")),
        meant=other_questions(path, state, found),
        beside=query(f"{path}.json", state, cursor=cursor, limit=str(_ITEMS)),
        feed=query(f"{path}.atom", state),
    )


@router.get("/analyses/{analysis}")
def record(asked: AskedNow, analysis: Name, x: Axis = "", y: Axis = "") -> Response:
    """Show the record of an analysis: of the version that stands for it."""
    found = analysis_told(asked, analysis)
    return _record(asked, found, found, x, y)


@router.get("/analyses/{analysis}/versions/{version}")
def version_record(asked: AskedNow, analysis: Name, version: Number, x: Axis = "", y: Axis = "") -> Response:
    """Show the record of one version."""
    return _record(asked, version_told(asked, analysis, version), analysis_told(asked, analysis), x, y)


@router.get("/analyses/{analysis}/versions/{version}.json/")
def version_named_so(asked: AskedNow, analysis: Name, version: Number, x: Axis = "", y: Axis = "") -> Response:
    """Show the record of a version whose number ends in `.json`."""
    return version_record(asked, analysis, f"{version}.json", x, y)


@router.get("/requests")
def list_requests(
    asked: AskedNow,
    state: State | None = None,
    analysis: Annotated[str, Query(max_length=128)] = "",
    mine: bool = False,
    cursor: Cursor = "",
) -> Response:
    """List the requests that the reader may find."""
    found = found_requests(asked, state or "", analysis, cursor, _ITEMS, mine=mine)
    path = asked.path("/requests")
    wanted = {"state": state or "", "analysis": analysis, "mine": "true" if mine else ""}
    return page(
        asked,
        "requests.html",
        found=[shown_row(it) for it in found["items"]],
        total=found["total"],
        state=state or "",
        states=[(it, query(path, wanted, state=it)) for it in REQUEST_STATES],
        all_states=query(path, wanted, state=""),
        analysis=analysis,
        all_analyses=query(path, wanted, analysis=""),
        mine=mine,
        everybodys=query(path, wanted, mine=""),
        own=query(path, wanted, mine="true"),
        first=query(path, wanted) if cursor else "",
        after=query(path, wanted, cursor=found["next"]) if found["next"] else "",
        beside=query(f"{path}.json", wanted, cursor=cursor, limit=str(_ITEMS)),
    )


@router.get("/static/{file}")
def asset(asked: AskedNow, request: Request, file: Annotated[str, Path(max_length=100)]) -> Response:
    """Give a file that pages load; its name changes with its bytes."""
    asked.must()
    found = asset_named(file)
    headers = {"ETag": f"W/{found.etag}", "Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    if has_tag(request.headers.get("if-none-match"), found.etag):
        return Response(status_code=304, headers=headers)
    if takes_gzip(request.headers.get("accept-encoding", "")):  # nothing in it is anybody's secret, as in a page
        return Response(found.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)


def _record(asked: Asked, found: JsonDict, whole: JsonDict, x: str, y: str) -> Response:
    """Show a version of an analysis, with what was asked of it already."""
    base = asked.path("")
    shown = shown_record(found, whole, base)
    return page(
        asked,
        "record.html",
        r=shown,
        answered=shown_answers(answers_told(asked, str(whole["analysis"])), base, x, y),
        beside=_beside(asked),
        newest=whole.get("version") == found.get("version"),
        linked=linked_data(found, asked.base),
        feed=f"{shown['own']}/feed.atom",
        watching=_watching(asked, str(whole["analysis"])),
    )


def _watching(asked: AskedNow, analysis: str) -> bool | None:
    """Return whether the reader watches an analysis, None for strangers."""
    return analysis in me_told(asked)["watching"] if asked.actor.user else None


def _beside(asked: AskedNow) -> str:
    """Return the address of the document that a page shows."""
    return asked.path(f"{asked.http.url.path.removeprefix(asked.parts.settings.prefix).rstrip('/')}.json")
