"""Errors as pages, for whoever opened a page; programs get the same as a document (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from starlette.responses import HTMLResponse, Response

from recast.errors import RecastError
from recast.pages import codes
from recast.service.http.problems import problem_document, problem_headers, problem_response
from recast.service.identity.csp import PAGE_POLICY
from recast.service.pages.frame import render
from recast.service.routes import PAGES

__all__ = ["problem_answer", "wants_page"]

_OURS = 500


def problem_answer(
    scope: MutableMapping[str, Any], error: RecastError, prefix: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer for an error: a page for whoever asked for one, else a document."""
    if not wants_page(scope, prefix):
        return problem_response(error, prefix, headers)
    problem = problem_document(error, prefix)
    number = scope.get("recast.request", "") if problem["status"] >= _OURS else ""
    text = render("problem.html", prefix, problem=problem, number=number, explained=_explained(error.code))
    given = {**problem_headers(error, problem["status"], headers), "Content-Security-Policy": PAGE_POLICY}
    return HTMLResponse(text, problem["status"], given)


def wants_page(scope: MutableMapping[str, Any], prefix: str) -> bool:
    """Return whether an error is to be a page: on the way to one, or where a browser asks outside of the API.

    What is hidden and what is not there go the same way, so that they stay the same.
    """
    if getattr(scope.get("route"), "path", "") in PAGES:
        return True
    path = str(scope["path"]).removeprefix(prefix)
    accepts = next((value for name, value in scope["headers"] if name == b"accept"), b"")
    return b"text/html" in accepts and not path.startswith("/api/") and not path.endswith(".json")


def _explained(code: str) -> str:
    """Return the path of the page of the documentation that explains a code; empty if there is none."""
    path = codes().get(code)
    return f"/docs/reference/{path.parent.name}/{code}" if path is not None else ""
