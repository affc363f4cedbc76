"""The OpenAPI document: what FastAPI knows of the routes, and what all of them have in common."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from recast.json_types import JsonDict
from recast.service.documents.answers import Problem
from recast.service.http.problems import MEDIA_TYPE
from recast.service.routes import ACTIONS

__all__ = ["REASONS", "openapi_document"]

_ABOUT = """Ask preserved searches about your model: requests, their points, answers side by side.

Lists are pages: `next` is the cursor of the following one. What you may not see is 404. Errors are RFC 9457 with
`code`, `why` and `next`; `type` leads to a page of the code. With `Idempotency-Key` a POST is safe to send twice."""

REASONS = {
    400: "It cannot be read",
    401: "The token is not accepted",
    403: "You may not do this; `why` says why",
    404: "There is nothing here that you may see",
    408: "The body did not come in time",
    409: "The state has moved on",
    412: "Somebody changed it meanwhile",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "It does not fit; `errors` has every fault",
    428: "If-Match is missing",
    429: "Too many requests",
    503: "The service cannot do this now",
}
"""What the status of an error means."""


def openapi_document(app: FastAPI, prefix: str) -> JsonDict:
    """Return the OpenAPI 3.1 document of an application that the outside finds below a prefix; made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app, prefix)
    return app.openapi_schema


def _made(app: FastAPI, prefix: str) -> JsonDict:
    document = get_openapi(
        title=app.title, version=app.version, openapi_version="3.1.0", description=_ABOUT, routes=app.routes
    )
    parts = document.setdefault("components", {})
    parts["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer", "description": "A token of `recast login` or POST /tokens"}
    }
    parts.setdefault("schemas", {})["Problem"] = Problem.model_json_schema()
    for unused in ("HTTPValidationError", "ValidationError"):
        parts["schemas"].pop(unused, None)
    document["security"] = [{}, {"token": []}]
    document["servers"] = [{"url": prefix or "/"}]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            _complete(operation, method.upper(), path)
    return document


def _complete(operation: JsonDict, method: str, path: str) -> None:
    """Add the answers that follow from what a route is, and the action that it is."""
    kind, action = ACTIONS[f"{method} {_pattern(path)}"]
    operation["x-action"] = f"{kind} {action}"
    told = operation["responses"]
    own = {int(status): it["description"] for status, it in told.items() if status.isdecimal() and int(status) >= 400}
    for status in (*_statuses(operation, method, path, kind), *own):
        content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        told[str(status)] = {"description": own.get(status) or REASONS[status], "content": content}


def _statuses(operation: JsonDict, method: str, path: str, kind: str) -> list[int]:
    names = {it["name"].lower() for it in operation.get("parameters", ())}
    changes = method in ("POST", "PATCH", "PUT", "DELETE")
    takes_body = "requestBody" in operation
    conditions: dict[int, Any] = {
        400: True,
        401: True,
        403: True,
        404: kind != "service" or "{" in path,
        408: takes_body,
        409: changes,
        412: "if-match" in names,
        413: takes_body,
        415: takes_body,
        422: takes_body or names,
        428: method == "PATCH",
        429: True,
        503: True,
    }
    return [status for status, holds in conditions.items() if holds]


def _pattern(path: str) -> str:
    """Return the path as the route has it: OpenAPI does not know converters."""
    known = {key.split(" ", 1)[1].replace(":path}", "}"): key.split(" ", 1)[1] for key in ACTIONS}
    return known[path]
