"""The pages of the codes: what `recast help CODE` shows, for programs and people who have only the address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from recast.pages import page_text
from recast.service.api.described import Answers
from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/problems", tags=["service"], route_class=DeskRoute)
_PAGE: Answers = {200: {"content": {"text/markdown": {}}, "description": "The page, as Markdown"}}
Code = Annotated[str, Path(max_length=80, examples=["request.moved-on"], description="The code of a problem.")]


@router.get("/{code}", responses=_PAGE, response_class=Response)
def read_problem(asked: AskedNow, code: Code) -> Response:
    """Read what a code means and what to do about it."""
    asked.must()
    headers = {"Cache-Control": "public, max-age=3600"}
    return Response(page_text(code), headers=headers, media_type="text/markdown; charset=utf-8")
