"""Check points before asking: which searches take them, every fault, what is known nearby, what it would cost."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.service.api.described import Answers, Key
from recast.service.asked import AskedNow
from recast.service.documents.checking import CheckDocument, Question
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.told import check_told

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/check", tags=["check"], route_class=DeskRoute)
_CHECKED: Answers = {200: {"model": CheckDocument, "description": "What the service would say of these points"}}


@router.post("", responses=_CHECKED)
def check(asked: AskedNow, question: Question, key: Key = None) -> Response:
    """Check points; nothing runs and nothing is kept."""
    asked.must()
    asked.bind_key()
    return answer(check_told(asked, question.given()))
