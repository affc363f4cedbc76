"""Events on their way from the engine to the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from recast.engine import Engine
from recast.engine.events import Event, event_to_json
from recast.journal import Journal, Record
from recast.store import CachedStep, StepCache

__all__ = ["FLUSH_AFTER_S", "EventWriter"]

FLUSH_AFTER_S = 0.05
"""How long events may be held back to be written together."""


class EventWriter:
    """Writes events that the engine has handled to the journal, in batches, and entries of the cache after them.

    `remind` is called shortly after the first event of a batch, and has to call `flush`.
    """

    def __init__(self, engine: Engine, journal: Journal, cache: StepCache | None, remind: Callable[[], None]) -> None:
        self._engine = engine
        self._journal = journal
        self._cache = cache
        self._remind = remind
        self._unwritten: list[Event] = []
        self._remember: list[CachedStep] = []
        self._timer: asyncio.TimerHandle | None = None

    def record(self, event: Event) -> None:
        """Apply an event to the engine, and keep it for the journal."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_AFTER_S, self._remind)
        self._unwritten.append(event)
        self._engine.handle(event)

    def remember(self, step: CachedStep) -> None:
        """Keep a step's entry for the cache, if there is a cache."""
        if self._cache is not None:
            self._remember.append(step)

    def flush(self, *, cache_too: bool = True) -> None:
        """Write the events, and with `cache_too` also the entries for the cache."""
        if self._unwritten:
            self._journal.append([Record(*event_to_json(event)) for event in self._unwritten])
            self._unwritten.clear()
        if self._remember and not cache_too:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._remember and self._cache is not None:
            self._cache.add(self._remember)
            self._remember.clear()
