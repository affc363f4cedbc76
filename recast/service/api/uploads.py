"""Files that points refer to: handed in as they are, kept by content, judged by content."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from recast.desk.objects import Upload as UploadThing
from recast.errors import UsageError
from recast.ledger.uploads import Incoming
from recast.service.api.described import Answers, Key
from recast.service.asked import Asked, AskedNow
from recast.service.documents.uploads import UploadDocument, UploadList
from recast.service.http.answers import answer
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["router"]

router = APIRouter(prefix=f"{API}/uploads", tags=["uploads"], route_class=DeskRoute)
_MADE: Answers = {201: {"model": UploadDocument, "description": "The file is kept"}}
_LIST: Answers = {200: {"model": UploadList, "description": "Your uploads, the newest first"}}
_GONE: Answers = {204: {"description": "It is not yours any more"}}
_BYTES = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": {"format": "binary"}}}}}
_PIECE = 1 << 20
_SILENT_S = 30.0
_LONGEST_S = 3600.0
"""500 MB at 140 kB/s. Few files arrive at the same time: one that never ends would keep others away."""
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
    asked.must()
    with asked.parts.arrivals.one(asked.visitor.who):
        announced = int(asked.http.headers.get("content-length") or 0)
        incoming = await run_in_threadpool(asked.parts.ledger.uploads.begin, asked.actor.user, announced)
        try:
            content = await _received(asked, incoming)
            await run_in_threadpool(asked.bind_key, content)
            upload = await run_in_threadpool(incoming.finish)
        finally:
            await run_in_threadpool(incoming.close)
    return answer(upload.as_json(), 201, {"Location": asked.url(f"/uploads/{upload.digest}")})


async def _received(asked: Asked, incoming: Incoming) -> bytes:
    """Receive a file, and return what names its content; raise UsageError if it comes too slowly to be waited for."""
    digest, waiting = hashlib.sha256(), bytearray()
    began = time.monotonic()
    pieces = aiter(asked.http.stream())
    while (piece := await _next(pieces)) is not None:
        waiting += piece
        digest.update(piece)
        if len(waiting) >= _PIECE:
            await run_in_threadpool(incoming.write, bytes(waiting))
            waiting.clear()
        if time.monotonic() - began > _LONGEST_S:
            raise _too_slow()
    await run_in_threadpool(incoming.write, bytes(waiting))
    return digest.digest()


async def _next(pieces: AsyncIterator[bytes]) -> bytes | None:
    try:
        return await asyncio.wait_for(anext(pieces, None), _SILENT_S)
    except TimeoutError:
        raise _too_slow() from None


def _too_slow() -> UsageError:
    return UsageError(
        "The file did not come in time",
        why=f"Nothing came for {_SILENT_S:g} s, or it took more than {_LONGEST_S / 60:g} minutes.",
        next_step="send it again, compressed if it is not",
        code="service.too-slow",
    )


@router.delete("/{digest}", status_code=204, responses=_GONE)
def remove_upload(asked: AskedNow, digest: Digest) -> Response:
    """Let an upload be yours no more. Points that were answered with it keep what they need."""
    with asked.alike():
        upload = asked.parts.ledger.uploads.get(asked.actor.user, digest)
        asked.must(UploadThing(upload.owner))
        asked.parts.ledger.uploads.remove(upload.owner, digest)
    return Response(status_code=204)
