"""What happens to requests and runs, as streams."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from recast.desk.history import event_document
from recast.service.api.described import Answers, LastEventId, RequestId, RunId
from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.live.stream import News, event_stream, last_seen
from recast.service.routes import API
from recast.service.runs import run_document

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["events"], route_class=DeskRoute)
_STREAM: Answers = {200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}}


@router.get("/requests/{id}/events", responses=_STREAM, response_class=Response)
def request_events(asked: AskedNow, id: RequestId, last_event_id: LastEventId = None) -> Response:
    """Follow a request: each event with its number, after `Last-Event-ID`."""
    asked.request(id)

    def news(after: int) -> list[News]:
        now = asked.again()
        request = now.request(id)
        policy = now.policy(request)
        told = ((it, event_document(request, it, now.actor, policy)) for it in now.parts.ledger.events(id, after))
        return [News(event.number, event.kind, document) for event, document in told if document is not None]

    return event_stream(asked.parts, ("request", id), news, last_seen(last_event_id), asked.visitor.who)


@router.get("/runs/{run}/events", responses=_STREAM, response_class=Response)
def run_events(asked: AskedNow, run: RunId, last_event_id: LastEventId = None) -> Response:
    """Follow a run: its newest picture whenever there is a new one; the stream ends with `ended`, when the run has."""
    asked.run(run)

    def news(after: int) -> list[News]:
        now = asked.again()
        seen, snapshots = now.run(run), now.parts.ledger.snapshots
        snapshots.look(run)
        picture = snapshots.read(run)
        document = run_document(seen.noted, picture, inside=seen.inside)
        number = document["number"]
        fresh = [News(number, "snapshot", document)] if number > after else []
        if seen.noted.state != "ended":
            return fresh
        return [*fresh, News(max(number, after), "ended", {"run": run, "state": document["state"]}, last=True)]

    return event_stream(asked.parts, ("run", run), news, last_seen(last_event_id), asked.visitor.who)
