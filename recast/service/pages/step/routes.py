"""The page of a step, and the parts of its log that its script asks for."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.service.api.described import RunId
from recast.service.api.runs import StepId
from recast.service.asked import Asked, AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.logs.told import MOST_BYTES, Asking, log_told
from recast.service.pages.frame import page
from recast.service.pages.step.panel import shown_hits, shown_panel
from recast.service.pages.step.shown import shown_step
from recast.service.routes import ACTIONS
from recast.service.step.told import step_told

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)

_MOST_ATTEMPTS = 50
Number = Annotated[int | None, Query(ge=1, le=10_000)]
Byte = Annotated[int | None, Query(ge=0, le=1 << 50)]
Words = Annotated[str, Query(max_length=200)]


@router.get("/runs/{run}/steps/{step:path}")
def read_step(
    asked: AskedNow,
    run: RunId,
    step: StepId,
    attempt: Number = None,
    beside: Number = None,
    at: Byte = None,
    before: Byte = None,
    file: Annotated[str, Query(max_length=40)] = "",
    q: Words = "",
    look: Byte = None,
    facts: bool = False,
    part: bool = False,
) -> Response:
    """Show a step: its state and why, what ran, and its log, the newest lines first.

    `at` and `before` choose another part of the log, `q` looks for words in it, `beside` puts another attempt next to
    it. `part` is a part of the log alone, for the script.
    """
    told = step_told(asked, run, step, facts=facts and not part)
    shown = shown_step(told, asked.path(""))
    asking = Asking(at or 0, MOST_BYTES, from_end=at is None, before=before, file=file)
    if part:
        panel = _panel(asked, told, shown, attempt, asking)
        return page(asked, "step/part.html", it=panel)
    kept = {name: value for name, value in (("beside", beside), ("facts", "true" if facts else "")) if value}
    return page(
        asked,
        "step.html",
        s=shown,
        run_page=asked.path(f"/runs/{shown['run']}") if "GET /runs/{run}" in ACTIONS else "",
        log=_panel(asked, told, shown, attempt, asking, kept),
        other=_panel(asked, told, shown, beside, Asking(from_end=True), kept) if beside else None,
        at_end=at is None,
        found=_found(asked, told, shown, attempt, q.strip(), look or 0, kept),
        q=q,
        beside=f"{shown['path']}.json",
    )


def _panel(
    asked: Asked,
    told: JsonObject,
    shown: JsonObject,
    attempt: int | None,
    asking: Asking,
    kept: JsonObject | None = None,
) -> JsonDict | None:
    """Return a part of a log, None if there is none that the reader may see."""
    if not told.get("inside"):
        return None
    try:
        log = log_told(asked, told["run"], told["id"], attempt, asking, styled=True)
        if log["again"] and not asking.from_end:  # it was replaced: what is newest tells more than how it begins
            log = {
                **log_told(asked, told["run"], told["id"], attempt, Asking(from_end=True), styled=True),
                "again": True,
            }
    except NotFound:
        return None
    attempts = sorted(told.get("attempts_list") or ())[-_MOST_ATTEMPTS:]
    download = asked.url(f"/runs/{shown['run']}/log/file")
    return shown_panel(log, shown["path"], kept or {}, attempts, download)


def _found(
    asked: Asked, told: JsonObject, shown: JsonObject, attempt: int | None, words: str, look: int, kept: JsonObject
) -> JsonDict | None:
    if not words or not told.get("inside"):
        return None
    found = log_told(asked, told["run"], told["id"], attempt, Asking(look, search=words))
    return shown_hits(found, shown["path"], kept, words)
