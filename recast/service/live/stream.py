"""A stream of server-sent events: what a reader has not seen yet, then what comes, with a sign of life in between."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from starlette.responses import StreamingResponse

from recast.errors import InfrastructureError, RecastError, StoreError
from recast.json_types import JsonObject
from recast.service.http.problems import problem_document
from recast.service.live.watch import Key
from recast.service.log import log
from recast.service.parts import Parts

__all__ = ["News", "event_stream", "last_seen"]

SIGN_OF_LIFE_S = 15.0
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_AGAIN_MS = 2000


@dataclass(frozen=True, slots=True)
class News:
    """One event: its number, what happened, and the document that says it, as JSON if many are told the same.

    `last`: nothing will follow.
    """

    number: int
    kind: str
    data: JsonObject | str
    last: bool = False


def last_seen(header: str | None) -> int:
    """Return the number in Last-Event-ID; 0 for none, and for what is none of ours."""
    text = (header or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def event_stream(
    parts: Parts, key: Key, news: Callable[[int, int], list[News]], seen: int, who: str = "@"
) -> StreamingResponse:
    """Return the stream of a thing. `news(after, turn)` returns what is new, judged anew each time whether it may be
    told; `turn` is the same for all who are woken by the same change.

    A reader that does not read holds one event and no more: what is new is asked for when the last one has gone.

    When it raises an error the stream tells that and ends: access was taken away, a token expired. If it is one of the
    machines, the stream ends without a word, and can be begun again at once. `who` listens;
    raises InfrastructureError if too many streams are open, of theirs or of all.
    """
    parts.streams.check(who)
    return StreamingResponse(_events(parts, key, news, seen, who), media_type="text/event-stream", headers=_HEADERS)


async def _events(
    parts: Parts, key: Key, news: Callable[[int, int], list[News]], seen: int, who: str
) -> AsyncIterator[bytes]:
    parts.metrics.stream(1)
    try:
        with parts.streams.one(who), parts.watch.listening(key) as changed:
            yield f"retry: {_AGAIN_MS}\n\n".encode()
            while parts.watch.open:
                changed.clear()
                fresh = await asyncio.to_thread(news, seen, parts.watch.turn(key))
                for one in fresh:
                    seen = one.number
                    yield _frame(one)
                if fresh and fresh[-1].last:
                    return
                if not await _within(changed, SIGN_OF_LIFE_S):
                    yield b": still here\n\n"
    except (InfrastructureError, StoreError) as error:  # of the moment: whoever listens comes back, and goes on
        log("warning", "stream", code=error.code, what=error.what, why=error.why)
    except RecastError as error:
        yield _frame(News(seen, "closed", problem_document(error, parts.settings.prefix)))
    finally:
        parts.metrics.stream(-1)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _frame(news: News) -> bytes:
    """Return an event as the wire has it; JSON has no line end of its own."""
    data = news.data if isinstance(news.data, str) else json.dumps(news.data, ensure_ascii=False)
    return f"id: {news.number}\nevent: {news.kind}\ndata: {data}\n\n".encode()
