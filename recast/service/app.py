"""The application: routes, what lies around them, and how errors become answers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from recast._version import __version__
from recast.errors import InputError, NotFound, RecastError, UsageError
from recast.json_types import JsonDict
from recast.ledger import Ledger
from recast.service.api import routers
from recast.service.around.head import METHOD, Head
from recast.service.around.headers import SecurityHeaders
from recast.service.around.last_word import LastWord
from recast.service.around.observed import Observed
from recast.service.around.prefix import Prefix
from recast.service.around.size import BodyLimit
from recast.service.docs import routes as docs
from recast.service.feeds import routes as feeds
from recast.service.http.refusal import Refusal
from recast.service.identity import Identity, IdentitySettings
from recast.service.live.watch import Watch
from recast.service.openapi import openapi_document
from recast.service.pages import routes as pages
from recast.service.pages.posted.too_often import kept_form
from recast.service.pages.problem import problem_answer
from recast.service.parts import Parts
from recast.service.routes import check_routes
from recast.service.settings import Settings
from recast.terminal_safe import one_line

__all__ = ["create_app", "described"]

_MOST_FAULTS = 50


def create_app(parts: Parts) -> FastAPI:
    """Return the application; raises LookupError if a route has no action of the desk."""
    settings = parts.settings
    app = FastAPI(
        title="RECAST",
        version=__version__,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=[
            Middleware(SecurityHeaders, base_url=settings.base_url),
            Middleware(Observed, metrics=parts.metrics),
            Middleware(Head),
            Middleware(LastWord, prefix=settings.prefix),
            Middleware(BodyLimit, prefix=settings.prefix),
            Middleware(Prefix, prefix=settings.prefix),
        ],
    )
    app.state.parts = parts
    for router in (*routers(), feeds.router, docs.router, *pages.routers(), *parts.identity.routers()):
        app.router.routes += router.routes  # `include_router` would hide them from the table of actions
    app.openapi = lambda: openapi_document(app, settings.prefix)  # type: ignore[method-assign]
    for kind in (RecastError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _answer)
    check_routes(app.routes)
    return app


def described() -> JsonDict:
    """Return the OpenAPI document, without a ledger: the application that it is made from answers nobody."""
    nothing = cast(Ledger, None)
    settings = Settings("", IdentitySettings(local_accounts=True))
    identity = Identity(nothing, settings.identity)
    return openapi_document(create_app(Parts(settings, nothing, identity, time.time, Watch(lambda _: []))), "")


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.parts.watch.close()


async def _answer(request: Request, problem: Exception) -> Response:
    """Return what a client is told of an error."""
    prefix, headers = request.app.state.parts.settings.prefix, getattr(problem, "headers", None)
    kept = await kept_form(request, problem, prefix)
    return kept or problem_answer(request.scope, _as_error(request, problem), prefix, headers)


def _as_error(request: Request, problem: Exception) -> RecastError:
    if isinstance(problem, RecastError):
        return problem
    if isinstance(problem, Refusal):
        return problem.error
    if isinstance(problem, RequestValidationError):
        return _invalid(problem)
    assert isinstance(problem, HTTPException)
    if problem.status_code == 404:
        return NotFound("There is nothing at this address", next_step="GET /api/v1/openapi.json lists all addresses")
    if problem.status_code == 405:
        allowed = (problem.headers or {}).get("Allow", "")
        return UsageError(
            "This address does not know the method",
            where=one_line(request.scope.get(METHOD, request.method), 20),
            why=f"It knows {allowed}.",
            next_step="GET /api/v1/openapi.json lists all addresses",
            code="service.method",
        )
    return UsageError(
        "The request cannot be read", why=str(problem.detail), next_step="see /api/v1/docs", code="service.unreadable"
    )


def _invalid(problem: RequestValidationError) -> InputError:
    """Return the error for what does not fit the OpenAPI document, with every fault and where it is."""
    faults = [_fault(it) for it in problem.errors()[:_MOST_FAULTS]]
    error = InputError(
        "The request does not fit the description of the API",
        where=faults[0]["where"],
        why="\n".join(f"{fault['where']}: {fault['what']}" for fault in faults),
        next_step="GET /api/v1/openapi.json describes what is taken",
        code="request.invalid",
    )
    error.faults = faults
    return error


def _fault(found: dict[str, Any]) -> dict[str, str]:
    return {
        "where": one_line("/".join(["", *map(str, found["loc"])]), 200),
        "what": one_line(str(found["msg"]), 300),
    }
