"""Documents as answers of HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from recast.desk.document import request_document
from recast.desk.model import Request
from recast.json_types import JsonObject
from recast.service.asked import Asked
from recast.service.conditions import etag, unchanged

__all__ = ["answer", "document_of", "request_answer"]


def answer(document: JsonObject, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a document as JSON."""
    content = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(content, status, dict(headers or {}), "application/json")


def request_answer(asked: Asked, request: Request, status: int = 200, *, location: bool = False) -> Response:
    """Return a request as its reader may see it, with its version as the ETag; 304 if the reader has it already.

    With `location` the address of the request goes with it.
    """
    headers = {"ETag": etag(request.version)}
    if location:
        headers["Location"] = asked.url(f"/requests/{request.id}")
    if asked.http.method == "GET":
        headers["Cache-Control"] = "private, no-cache"
        if unchanged(asked.http.headers.get("if-none-match"), request.version):
            return Response(status_code=304, headers=headers)
    return answer(document_of(asked, request), status, headers)


def document_of(asked: Asked, request: Request) -> JsonObject:
    """Return the document of a request for whoever asks."""
    return request_document(request, asked.actor, asked.policy(request))
