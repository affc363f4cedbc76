"""One look at the ledger for all who listen: what changed, told to the streams that wait for it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recast.errors import RecastError, in_words
from recast.ledger.changes import Change
from recast.service.log import log

__all__ = ["Key", "Watch"]

Key = tuple[str, str]
"""A kind of thing (request, run) and its id."""

LOOK_S = 0.5
_NEWEST = -1


class Watch:
    """Wakes streams. `changes(after)` asks the ledger; it is asked only while somebody listens."""

    def __init__(self, changes: Callable[[int], list[Change]], look_s: float = LOOK_S) -> None:
        self._changes, self._look_s = changes, look_s
        self._waiting: defaultdict[Key, set[asyncio.Event]] = defaultdict(set)
        self._turns: dict[Key, int] = {}
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def open(self) -> bool:
        """Whether streams may go on."""
        return not self._closed

    @property
    def count(self) -> int:
        """How many streams listen."""
        return sum(map(len, self._waiting.values()))

    def turn(self, key: Key) -> int:
        """Return a number that grows whenever those who listen to a thing are woken."""
        return self._turns.get(key, 0)

    @contextmanager
    def listening(self, key: Key) -> Iterator[asyncio.Event]:
        """Yield an event that is set whenever the thing has changed, and once at the end of the service."""
        event = asyncio.Event()
        self._waiting[key].add(event)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name="watch")
        try:
            yield event
        finally:
            self._waiting[key].discard(event)
            if not self._waiting[key]:
                del self._waiting[key]
                self._turns.pop(key, None)

    def close(self) -> None:
        """End all streams: the service stops."""
        self._closed = True
        for events in self._waiting.values():
            for event in events:
                event.set()

    async def _look(self) -> None:
        """Ask what changed, again and again, while somebody listens; what cannot be asked now is asked later."""
        newest = _NEWEST
        while self._waiting and self.open:
            try:
                changed = await asyncio.to_thread(self._changes, newest)
            except Exception as problem:
                error = problem if isinstance(problem, RecastError) else in_words(problem)
                log("error", "watch", code=error.code, what=error.what, why=error.why)
                changed = []
            if newest == _NEWEST:  # what happened between the first answer and now is not known: all look once
                self._wake(list(self._waiting))
            newest = max([newest, *(change.number for change in changed)])
            self._wake([(change.kind, change.id) for change in changed])
            await asyncio.sleep(self._look_s)

    def _wake(self, keys: list[Key]) -> None:
        for key in keys:
            if listeners := self._waiting.get(key):
                self._turns[key] = self._turns.get(key, 0) + 1
                for event in listeners:
                    event.set()
