"""Files that points refer to: handed in as they are, kept by content, judged by content."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from recast.desk.objects import Upload as UploadThing
from recast.service.answers import answer
from recast.service.api.described import Answers, Key
from recast.service.asked import AskedNow
from recast.service.documents.uploads import UploadDocument, UploadList
from recast.service.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/uploads", tags=["uploads"], route_class=DeskRoute)
_MADE: Answers = {201: {"model": UploadDocument, "description": "The file is kept"}}
_LIST: Answers = {200: {"model": UploadList, "description": "Your uploads, the newest first"}}
_GONE: Answers = {204: {"description": "It is not yours any more"}}
_BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}
_PIECE = 1 << 20
Digest = Annotated[str, Path(max_length=80, examples=["sha256:" + "0" * 64], description="What an upload is named by.")]


@router.get("", responses=_LIST)
def list_uploads(asked: AskedNow) -> Response:
    """List your uploads."""
    asked.must(UploadThing(asked.actor.user))
    items = [upload.as_json() for upload in asked.parts.ledger.uploads.of(asked.actor.user)]
    return answer({"items": items, "next": None, "total": len(items)})


@router.post("", status_code=201, responses=_MADE, openapi_extra=_BYTES)
async def hand_in(asked: AskedNow, key: Key = None) -> Response:
    """Hand in a file: SLHA, LHE, HepMC, pyhf JSON, or points as CSV or YAML. What it is, its content says.

    The same file twice is one upload.
    """
    await run_in_threadpool(asked.must)
    announced = int(asked.http.headers.get("content-length") or 0)
    incoming = await run_in_threadpool(asked.parts.ledger.uploads.begin, asked.actor.user, announced)
    try:
        waiting = bytearray()
        async for piece in asked.http.stream():
            waiting += piece
            if len(waiting) >= _PIECE:
                await run_in_threadpool(incoming.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(incoming.write, bytes(waiting))
        upload = await run_in_threadpool(incoming.finish)
    finally:
        await run_in_threadpool(incoming.close)
    return answer(upload.as_json(), 201, {"Location": asked.url(f"/uploads/{upload.digest}")})


@router.delete("/{digest}", status_code=204, responses=_GONE)
def remove_upload(asked: AskedNow, digest: Digest) -> Response:
    """Let an upload be yours no more. Points that were answered with it keep what they need."""
    with asked.alike():
        upload = asked.parts.ledger.uploads.get(asked.actor.user, digest)
        asked.must(UploadThing(upload.owner))
        asked.parts.ledger.uploads.remove(upload.owner, digest)
    return Response(status_code=204)
