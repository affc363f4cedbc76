"""Whether the service is up, whether it can work, and what it measures."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from recast.desk.may import may
from recast.desk.objects import Service
from recast.service.api.described import Answers
from recast.service.asked import AskedNow
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute, OpenRoute
from recast.service.metrics import MEDIA_TYPE
from recast.service.parts import Parts

__all__ = ["router"]

router = APIRouter(tags=["service"], route_class=DeskRoute)
_open = APIRouter(tags=["service"], route_class=OpenRoute)
_OK: Answers = {200: {"description": "It is", "content": {"application/json": {"example": {"ok": True}}}}}
_METRICS: Answers = {200: {"description": "The metrics", "content": {"text/plain": {}}}}


@_open.get("/healthz", responses=_OK)
async def is_up() -> Response:
    """Say that the web process runs; nothing else is asked."""
    return answer({"ok": True})


@_open.get("/readyz", responses=_OK)
def is_ready(request: Request) -> Response:
    """Say whether the ledger can be read and written; 503 with the reason if not."""
    parts: Parts = request.app.state.parts
    parts.readiness.check()
    return answer({"ok": True})


router.routes += _open.routes


@router.get("/metrics", responses=_METRICS, response_class=Response)
def metrics(asked: AskedNow) -> Response:
    """Return metrics for Prometheus: to operators all of them, to everybody what is no news of anybody."""
    asked.must()
    everything = may(asked.actor, "watch-work", Service()).yes
    return Response(asked.parts.metrics.text(everything=everything), media_type=MEDIA_TYPE)
