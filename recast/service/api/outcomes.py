"""What remains of a request: its history, and released answers as signed files that need no service to be checked."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import Response

from recast.service.answers.told import answer_asked
from recast.service.api.described import Answers, RequestId
from recast.service.asked import AskedNow
from recast.service.documents.evidence import Evidence
from recast.service.documents.outcomes import History
from recast.service.evidence.told import evidence_told
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API
from recast.service.statements import public_key, statement_of
from recast.service.told import history_told

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["requests"], route_class=DeskRoute)
_HISTORY: Answers = {200: {"model": History, "description": "The events that you may know of"}}
_FILE: Answers = {200: {"description": "The statement and its signature", "content": {"application/json": {}}}}
_KEY: Answers = {200: {"description": "A public key of SSH, as one line", "content": {"text/plain": {}}}}
_EVIDENCE: Answers = {200: {"model": Evidence, "description": "What the answer rests on"}}
AnswerId = Annotated[str, Path(max_length=20, examples=["a1"], description="The id of an answer.")]


@router.get("/requests/{id}/history", responses=_HISTORY)
def read_history(asked: AskedNow, id: RequestId) -> Response:
    """Read what happened to a request, the oldest first."""
    return answer(history_told(asked, asked.request(id)))


@router.get("/requests/{id}/answers/{answer_id}/statement", responses=_FILE, response_class=Response)
def read_statement(asked: AskedNow, id: RequestId, answer_id: AnswerId) -> Response:
    """Get a released answer as a file that `recast request verify` checks offline, for ever."""
    request, _, _ = answer_asked(asked, id, answer_id)
    content = statement_of(asked.parts, request, answer_id)
    headers = {"Content-Disposition": f'attachment; filename="{request.id}-{answer_id}.json"'}
    return Response(content, headers=headers, media_type="application/json")


@router.get("/requests/{id}/answers/{answer_id}/evidence", responses=_EVIDENCE)
def read_evidence(asked: AskedNow, id: RequestId, answer_id: AnswerId) -> Response:
    """Read what an answer rests on: version, steps, images, inputs, seeds, the line that computes it again."""
    return answer(evidence_told(asked, id, answer_id))


@router.get("/signing-key", responses=_KEY, response_class=Response)
def signing_key(asked: AskedNow) -> Response:
    """Get the public key with which this service signs answers. Keep it with the answers."""
    asked.must()
    return Response(public_key(asked.parts), media_type="text/plain; charset=utf-8")
