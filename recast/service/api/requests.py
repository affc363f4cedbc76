"""Requests: drafts, what they say, and every step of their lives."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.service.api.described import (
    DOCUMENT,
    PAGE_OF_REQUESTS,
    Answers,
    Cursor,
    IfMatch,
    IfNoneMatch,
    Key,
    Limit,
    RequestId,
)
from recast.service.asked import AskedNow
from recast.service.documents.requests import Action, Amendment, NewRequest, State
from recast.service.http.answers import answer, request_answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.told import found_requests

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/requests", tags=["requests"], route_class=DeskRoute)
_LATER = frozenset({"run", "rerun", "cancel"})
"""What is only asked for: the dispatcher does it later."""

_ASKED_FOR: Answers = {202: {**DOCUMENT[200], "description": "The request; machines do the rest, see `Location`"}}


@router.get("", responses=PAGE_OF_REQUESTS)
def list_requests(
    asked: AskedNow,
    state: Annotated[State | None, Query(description="Only requests in this state.")] = None,
    analysis: Annotated[str, Query(max_length=128, description="Only requests for this analysis.")] = "",
    mine: Annotated[bool, Query(description="Only requests of your own.")] = False,
    turn: Annotated[bool, Query(description="Only requests that wait for you.")] = False,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response:
    """List the requests that you may find, the newest first."""
    return answer(found_requests(asked, state or "", analysis, cursor, limit, mine=mine, turn=turn))


@router.post("", status_code=201, responses=DOCUMENT)
def new_request(asked: AskedNow, draft: NewRequest, key: Key = None) -> Response:
    """Make a draft of a request. It is seen by nobody else until it is submitted."""
    request = asked.act(None, "draft", draft.given())
    return request_answer(asked, request, 201, location=True)


@router.get("/{id}", responses=DOCUMENT)
def read_request(asked: AskedNow, id: RequestId, if_none_match: IfNoneMatch = None) -> Response:
    """Read a request: its points, their answers, and what you may do with it and why not."""
    return request_answer(asked, asked.request(id))


@router.patch("/{id}", responses=DOCUMENT)
def amend_request(asked: AskedNow, id: RequestId, amendment: Amendment, if_match: IfMatch = None) -> Response:
    """Change a request before it is accepted. `If-Match` names the version that the change is made to."""
    asked.needs_version()
    return request_answer(asked, asked.act(id, "amend", amendment.given()))


@router.post("/{id}/actions", responses=DOCUMENT | _ASKED_FOR)
def act(asked: AskedNow, id: RequestId, action: Action, key: Key = None, if_match: IfMatch = None) -> Response:
    """Do one action: those that `allowed` of the document lists, with why not.

    What a machine has to do first is answered with 202: `Location` is where to look.
    """
    request = asked.act(id, action.action, action.given())
    later = action.action in _LATER
    return request_answer(asked, request, 202 if later else 200, location=later)
