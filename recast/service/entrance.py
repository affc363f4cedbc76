"""The way in: who asks is found once, before anything is looked up and before a byte of a body is read."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from recast.service.around.headers import TAKEN_BACK
from recast.service.identity import Identity, Visitor
from recast.service.identity.cookies import forgotten_link

__all__ = ["entered"]

_VISITOR = "recast.visitor"


async def entered(request: Request) -> Visitor:
    """Return who sends a request; raise what `Identity.visitor` raises: the same whatever the request is about."""
    scope = request.scope
    if _VISITOR not in scope:
        identity: Identity = request.app.state.parts.identity
        if identity.shows_nothing(request):  # no secret, nothing to look up: no thread for strangers
            scope[_VISITOR] = identity.visitor(request)
        else:
            scope[_VISITOR] = await run_in_threadpool(identity.visitor, request)
    found: Visitor = scope[_VISITOR]
    if found.dead_link:
        scope[TAKEN_BACK] = forgotten_link(request.app.state.parts.identity.settings)
    return found
