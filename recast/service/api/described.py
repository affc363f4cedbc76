"""What many routes have in common, as the OpenAPI document describes it: parameters and answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Path, Query

from recast.service.documents.answers import RequestDocument, RequestPage
from recast.service.http.once import KEY

__all__ = [
    "DOCUMENT",
    "PAGE_OF_REQUESTS",
    "Answers",
    "Cursor",
    "IfMatch",
    "IfNoneMatch",
    "Key",
    "LastEventId",
    "Limit",
    "RequestId",
    "RunId",
]

Answers = dict[int | str, dict[str, Any]]

Cursor = Annotated[str, Query(max_length=300, description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items a page has.")]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=KEY, description="The same key within 24 hours is carried out once."),
]
IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=64, description="The ETag of the document that is changed.")
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=300, description="An ETag you have.")]
LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", max_length=20, description="The last event heard.")]
RequestId = Annotated[str, Path(max_length=40, examples=["q4k2m7x3pa"], description="The id of a request.")]
RunId = Annotated[str, Path(max_length=80, examples=["7f3a9c21"], description="The id of a run.")]

DOCUMENT: Answers = {
    200: {"model": RequestDocument, "description": "The request as you may see it"},
}
PAGE_OF_REQUESTS: Answers = {200: {"model": RequestPage, "description": "A page of requests"}}
