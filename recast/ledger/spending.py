"""Quotas as a change of a request meets them: judged and counted in its own transaction, so that nobody gets around one
by doing many things at once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from recast.desk.facts import Facts
from recast.desk.model import Actor, Event, Request
from recast.ledger.people.quotas import (
    DEFAULTS,
    Quantity,
    Room,
    add_use,
    check_room,
    open_requests,
    reserve,
    reserved_for,
    room_of,
    unreserve,
    used_on,
)
from recast.ledger.people.users import lock_user

__all__ = ["COSTLY", "Spending"]

COSTLY = ("accept", "run", "rerun")
"""Actions that let machines run: with the policy `at-once`, requesters do them on their own account."""

_RUNS = ("run", "rerun")
_OPEN = ("submitted", "accepted")
_DRAFTS = 10
"""A draft costs a row, but somebody may make them by the million: this many times as many as may be open."""

_REQUEST_BYTES, _EVENT_BYTES = 50_000, 1_000
"""What a request and an event count for besides what they say. The audit trail keeps them for ever, and all lists and
back-ups go over them: making requests and withdrawing them must come to an end, too.
"""


@dataclass(frozen=True, slots=True)
class Spending:
    """What one change takes of its actor's quotas. `defaults` are those of the site."""

    actor: Actor
    action: str
    now: str
    defaults: Mapping[Quantity, float] = field(default_factory=lambda: DEFAULTS)

    def facts(self, connection: Connection, before: Request | None, facts: Facts) -> Facts:
        """Return the facts with what is left for whoever helps themselves; what was reserved when this very request was
        accepted is there for it. From here on the other changes of the same person wait.
        """
        user = self.actor.user
        if user:
            lock_user(connection, user)
        if before is None or not self._pays(before) or facts.core_hours_quota is None:
            return facts
        room = room_of(connection, user, "core_hours", self.now, defaults=self.defaults)
        there = Room("core_hours", used_on(connection, user, before.analysis, self.now), facts.core_hours_quota)
        reserved = reserved_for(connection, user, before.id, 0)
        return replace(facts, core_hours_left=max(0.0, min(it.most - it.used for it in (room, there)) + reserved))

    def check(self, connection: Connection, before: Request | None, events: Sequence[Event]) -> None:
        """Raise PermissionDenied if somebody has as many requests under way as they may (of drafts, many times that),
        or has written as much as they may; what these events write is counted.
        """
        self._check_written(connection, before, events)
        if before is not None and self.action != "submit":
            return
        states, times = (("draft",), _DRAFTS) if before is None else (_OPEN, 1)
        user = self.actor.user
        used = open_requests(connection, user, states)
        room = room_of(connection, user, "open_requests", self.now, used=used, defaults=self.defaults)
        check_room(replace(room, most=room.most * times), 1)

    def count(self, connection: Connection, after: Request, events: Sequence[Event], facts: Facts) -> None:
        """Count what a request is going to cost, if who asked for it has just let it run, and anything has changed."""
        if not events:
            return
        if self.action in _RUNS:  # whoever asked: what was kept for this is used now
            unreserve(connection, after.id)
        if self._pays(after) and facts.core_hours is not None:
            event = events[0].number if self.action in _RUNS else 0
            reserve(connection, after.owner, after.id, event, facts.core_hours)

    def _check_written(self, connection: Connection, before: Request | None, events: Sequence[Event]) -> None:
        user = self.actor.user
        if not events or not user or not lock_user(connection, user):
            return
        wanted = sum(_EVENT_BYTES + len(json.dumps(dict(event.data), ensure_ascii=False)) for event in events)
        wanted += _REQUEST_BYTES if before is None else 0
        check_room(room_of(connection, user, "ledger_bytes", self.now, defaults=self.defaults), wanted)
        add_use(connection, user, "ledger_bytes", wanted, self.now)

    def _pays(self, request: Request) -> bool:
        return self.action in COSTLY and self.actor.user == request.owner
