"""The page of a run."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.json_types import JsonDict
from recast.service.api.described import RunId
from recast.service.api.runs import StepsWanted
from recast.service.asked import AskedNow
from recast.service.http.answers import document_of
from recast.service.http.json_body import DeskRoute
from recast.service.pages.frame import page
from recast.service.pages.links import query
from recast.service.pages.posted.posting import terms
from recast.service.pages.run.control import shown_control
from recast.service.pages.run.flow import flow_of
from recast.service.pages.run.shown import shown_run
from recast.service.pages.run.steps import shown_steps
from recast.service.pages.run.words import COLUMNS, COUNTED_WORDS, STATES
from recast.service.pages.shape import items_of, texts
from recast.service.runs import run_told

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_STEPS = 50
Cursor = Annotated[str, Query(max_length=12)]


@router.get("/runs/{run}")
def read_run(asked: AskedNow, run: RunId, wanted: StepsWanted, cursor: Cursor = "") -> Response:
    """Show how a run goes: its stages, what is awaited and since when, its steps and why each is in its state."""
    told = run_told(asked, run, wanted, cursor, _STEPS)
    path = asked.path(f"/runs/{run}")
    shown = shown_run(told, path)
    here = {"stage": wanted.stage, "state": wanted.state, "q": wanted.q, "sort": wanted.sort}
    drawn = items_of(told.get("stages"))[: len(shown["stages"])]
    return page(
        asked,
        "run.html",
        r=shown,
        states=STATES,
        columns=COLUMNS,
        counted_words=COUNTED_WORDS,
        flow=None if shown["more"] else flow_of(shown["stages"], [texts(it.get("after"), 40) for it in drawn]),
        steps=shown_steps(told, path, here, cursor, inside="delays" in told),
        control=_control(asked, shown),
        events=asked.url(f"/runs/{run}/events"),
        beside=query(f"{path}.json", here, cursor=cursor),
    )


def _control(asked: AskedNow, shown: JsonDict) -> JsonDict | None:
    """Return what the reader may do with the run, by its request; None for strangers, who may do nothing."""
    if not asked.actor.user:
        return None
    request = asked.seen(shown["request"])
    may, may_not = shown_control(document_of(asked, request), shown)
    address = asked.path(f"/requests/{request.id}")
    return {"may": may, "may_not": may_not, "address": address, "terms": terms()}
