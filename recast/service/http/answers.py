"""Documents as answers of HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from starlette.responses import Response

from recast.desk.document import request_document
from recast.desk.model import Request
from recast.json_types import JsonObject
from recast.service.asked import Asked
from recast.service.http.conditions import etag, unchanged

__all__ = ["answer", "content_answer", "document_of", "encoded", "request_answer"]


def answer(document: JsonObject, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a document as JSON."""
    return Response(encoded(document), status, dict(headers or {}), "application/json")


def encoded(document: JsonObject) -> bytes:
    """Return a document as the bytes of JSON that are sent."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def request_answer(asked: Asked, request: Request, status: int = 200, *, location: bool = False) -> Response:
    """Return a request as its reader may see it, with version and content as the ETag; 304 if the reader has just that.

    With `location` the address of the request goes with it.
    """
    content = encoded(document_of(asked, request))
    tag = etag(request.version, content)
    headers = {"ETag": tag, "Vary": "Authorization, Cookie"}
    if location:
        headers["Location"] = asked.url(f"/requests/{request.id}")
    if asked.http.method == "GET":
        headers["Cache-Control"] = "private, no-cache"
        if unchanged(asked.http.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
    return Response(content, status, headers, "application/json")


def content_answer(asked: Asked, content: bytes) -> Response:
    """Return the bytes of a document with their hash as the ETag; 304 if the reader has just these."""
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Vary": "Authorization, Cookie", "Cache-Control": "private, no-cache"}
    if unchanged(asked.http.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, "application/json")


def document_of(asked: Asked, request: Request) -> JsonObject:
    """Return the document of a request for whoever asks."""
    return request_document(request, asked.actor, asked.policy(request))
