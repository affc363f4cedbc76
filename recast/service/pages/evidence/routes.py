"""The page that every number opens to."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.service.api.described import RequestId
from recast.service.api.outcomes import AnswerId
from recast.service.asked import AskedNow
from recast.service.evidence.told import evidence_told
from recast.service.http.json_body import DeskRoute
from recast.service.pages.evidence.shown import shown_evidence
from recast.service.pages.frame import page
from recast.service.routes import ACTIONS

__all__ = ["router"]

router = APIRouter(route_class=DeskRoute, include_in_schema=False)


@router.get("/requests/{id}/answers/{answer_id}")
def read_answer(asked: AskedNow, id: RequestId, answer_id: AnswerId) -> Response:
    """Show an answer and what it rests on."""
    told = evidence_told(asked, id, answer_id)
    shown = shown_evidence(told, asked.path(""))
    run_page = asked.path(f"/runs/{shown['run']}") if told["run_is_known"] and "GET /runs/{run}" in ACTIONS else ""
    return page(asked, "answer.html", e=shown, run_page=run_page, beside=f"{shown['path']}.json")
