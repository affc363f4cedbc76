"""Errors as answers: RFC 9457, with the code, the why and the next step that the command line gives."""

from __future__ import annotations

import json
from collections.abc import Mapping

from starlette.responses import Response

from recast.errors import RecastError
from recast.json_types import JsonDict
from recast.masked import masked_json
from recast.pages import codes
from recast.service.http.statuses import status_of

__all__ = ["MEDIA_TYPE", "page_of", "problem_document", "problem_headers", "problem_response"]

MEDIA_TYPE = "application/problem+json"
_OURS = 500
"""From here on the reason is ours: it goes to the log, and not to a stranger."""


def problem_response(error: RecastError, prefix: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer for an error; `prefix` is what a reverse proxy puts before our paths."""
    document = problem_document(error, prefix)
    given = problem_headers(error, document["status"], headers)
    return Response(json.dumps(document, ensure_ascii=False), document["status"], given, MEDIA_TYPE)


def problem_headers(error: RecastError, status: int, headers: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the headers that go with an error, besides those given: how to log in, when to ask again."""
    given = dict(headers or {})
    if status == 401:
        given.setdefault("WWW-Authenticate", 'Bearer realm="recast"')
    if (after := getattr(error, "retry_after_s", None)) is not None or status == 503:
        given.setdefault("Retry-After", str(max(1, round(after or 1))))
    return given


def problem_document(error: RecastError, prefix: str) -> JsonDict:
    """Return an error as RFC 9457 has it: type (its page), title, status, detail; and code, why, where, next, errors.

    What went wrong inside of the service names no file of it.
    """
    status = status_of(error)
    why, where = ("", "") if status >= _OURS else (error.why, error.where)
    document: JsonDict = {
        "type": page_of(error.code, prefix),
        "title": error.what,
        "status": status,
        "detail": why or error.what,
        "code": error.code,
        "why": why,
        "where": where,
        "next": error.next_step,
    }
    if error.faults:
        document["errors"] = [dict(fault) for fault in error.faults]
    masked: JsonDict = masked_json(document)
    return masked


def page_of(code: str, prefix: str) -> str:
    """Return the path of the page that explains a code; `about:blank` if there is none."""
    return f"{prefix}/api/v1/problems/{code}" if code in codes() else "about:blank"
