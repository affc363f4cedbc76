"""The description of the API: for programs, and for people."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.service.api.described import Answers
from recast.service.asked import AskedNow
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.identity.csp import FORM_POLICY
from recast.service.reference import as_html, reference
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["service"], route_class=DeskRoute)
_DOCUMENT: Answers = {200: {"description": "OpenAPI 3.1", "content": {"application/json": {}}}}
_PAGE: Answers = {200: {"description": "The reference", "content": {"text/html": {}}}}
_KEPT = {"Cache-Control": "public, max-age=300"}


@router.get("/openapi.json", responses=_DOCUMENT)
def openapi(asked: AskedNow) -> Response:
    """Describe every address of the API."""
    asked.must()
    return answer(asked.http.app.openapi(), headers=_KEPT)


@router.get("/docs", responses=_PAGE, response_class=Response)
def docs(asked: AskedNow) -> Response:
    """Describe the API for people, as a page that needs no script."""
    asked.must()
    app = asked.http.app
    if not hasattr(app.state, "docs"):  # it takes a tenth of a second of a processor, and anybody may ask for it
        app.state.docs = as_html(reference(app.openapi()))
    headers = {**_KEPT, "Content-Security-Policy": FORM_POLICY}
    return Response(app.state.docs, headers=headers, media_type="text/html; charset=utf-8")
