"""Watching an analysis: being told of its public requests and answers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.desk.objects import Analysis
from recast.ledger.people.watches import unwatch, watch
from recast.service.api.analyses import Name
from recast.service.api.described import Answers
from recast.service.asked import Asked, AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.routes import API

__all__ = ["router", "watched_no_longer", "watched_now"]

router = APIRouter(prefix=f"{API}/analyses", tags=["analyses"], route_class=DeskRoute)
_DONE: Answers = {204: {"description": "It is so now; GET /me lists what you watch"}}


@router.put("/{analysis}/watch", status_code=204, responses=_DONE)
def watch_analysis(asked: AskedNow, analysis: Name) -> Response:
    """Be told, once a day, of the public requests and released answers of an analysis."""
    watched_now(asked, analysis)
    return Response(status_code=204)


@router.delete("/{analysis}/watch", status_code=204, responses=_DONE)
def unwatch_analysis(asked: AskedNow, analysis: Name) -> Response:
    """Be told no longer; also of an analysis that is not there any more."""
    watched_no_longer(asked, analysis)
    return Response(status_code=204)


def watched_now(asked: Asked, analysis: str) -> None:
    """Let whoever asks watch an analysis; raise NotFound."""
    asked.must(Analysis(analysis))
    with asked.alike():
        asked.parts.ledger.catalogue.record(analysis)
    user = asked.actor.user
    asked.parts.ledger.write(lambda connection: watch(connection, user, analysis))


def watched_no_longer(asked: Asked, analysis: str) -> None:
    """Let whoever asks watch an analysis no longer."""
    asked.must(Analysis(analysis))
    with asked.parts.ledger.writing() as connection:
        unwatch(connection, asked.actor.user, analysis)
