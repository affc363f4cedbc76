"""What goes on inside the service, for those who operate it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.service.api.described import Answers
from recast.service.asked import AskedNow
from recast.service.documents.operators import OperationsDocument
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.operators.told import operations_told
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["service"], route_class=DeskRoute)
_SEEN: Answers = {200: {"model": OperationsDocument, "description": "What goes on"}}


@router.get("/operators", responses=_SEEN)
def read_operations(asked: AskedNow) -> Response:
    """Read what goes on inside: work, runs, dispatchers, failures, nodes, quotas, mail, streams, disk."""
    return answer(operations_told(asked))
