"""What is known and not archived: published searches that somebody could ask for, or archive."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.service.api.analyses import Name
from recast.service.api.described import Answers
from recast.service.asked import AskedNow
from recast.service.documents.known import KnownDocument, KnownList
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.known import found_known, known_told
from recast.service.routes import API

__all__ = ["Words", "router"]

router = APIRouter(prefix=f"{API}/known", tags=["analyses"], route_class=DeskRoute)
_LIST: Answers = {200: {"model": KnownList, "description": "Those that fit, and that nobody has archived here"}}
_ONE: Answers = {200: {"model": KnownDocument, "description": "The search, and who has asked for it"}}
Words = Annotated[str, Query(max_length=300, description="Words in its title, or one of its numbers.")]


@router.get("", responses=_LIST)
def search_known(asked: AskedNow, q: Words = "") -> Response:
    """Search what is known and not archived."""
    return answer(found_known(asked, q))


@router.get("/{analysis}", responses=_ONE)
def read_known(asked: AskedNow, analysis: Name) -> Response:
    """Read what is known of a search that nobody has archived, and which requests ask for it."""
    return answer(known_told(asked, analysis))
