"""What happens to requests and runs, as streams."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from recast.desk.history import event_document
from recast.service.api.described import Answers, LastEventId, RequestId, RunId
from recast.service.asked import AskedNow
from recast.service.http.json_body import DeskRoute
from recast.service.live.stream import News, event_stream, last_seen
from recast.service.routes import API
from recast.service.run_words import state_of
from recast.service.runs import snapshot_text

__all__ = ["router"]

router = APIRouter(prefix=API, tags=["events"], route_class=DeskRoute)
_STREAM: Answers = {200: {"description": "Server-sent events", "content": {"text/event-stream": {}}}}
After = Annotated[
    str, Query(max_length=20, description="The same as `Last-Event-ID`, for who cannot send it: the `number` you have.")
]


@router.get("/requests/{id}/events", responses=_STREAM, response_class=Response)
def request_events(asked: AskedNow, id: RequestId, last_event_id: LastEventId = None, after: After = "") -> Response:
    """Follow a request: each event with its number, after `Last-Event-ID`."""
    asked.request(id)

    def news(after: int, _turn: int) -> list[News]:
        now = asked.again()
        request = now.request(id)
        policy = now.policy(request)
        told = ((it, event_document(request, it, now.actor, policy)) for it in now.parts.ledger.events(id, after))
        return [News(event.number, event.kind, document) for event, document in told if document is not None]

    return event_stream(asked.parts, ("request", id), news, last_seen(last_event_id or after), asked.visitor.who)


@router.get("/runs/{run}/events", responses=_STREAM, response_class=Response)
def run_events(asked: AskedNow, run: RunId, last_event_id: LastEventId = None, after: After = "") -> Response:
    """Follow a run: its newest summary whenever there is a new one, with the steps that have changed since the one
    before; the stream ends with `ended`, when the run has.
    """
    asked.run(run)
    runs = asked.parts.runs

    def news(after: int, turn: int) -> list[News]:
        now, told = asked.again(), runs.at(run, turn)
        seen = now.run_of(told.noted, told.request, told.policy)
        number = told.picture.number if told.picture else 0
        fresh = []
        if number > after:
            fresh.append(News(number, "snapshot", snapshot_text(now, told, after, inside=seen.inside)))
        if told.noted.state != "ended":
            return fresh
        end = {"run": run, "state": state_of(told.noted, told.picture)}
        return [*fresh, News(max(number, after), "ended", end, last=True)]

    return event_stream(asked.parts, ("run", run), news, last_seen(last_event_id or after), asked.visitor.who)
