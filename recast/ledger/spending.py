"""Quotas as a change of a request meets them: judged and counted in its own transaction, so that nobody gets around one
by doing many things at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection, select

from recast.desk.facts import Facts
from recast.desk.model import Actor, Request
from recast.ledger.people.quotas import (
    DEFAULTS,
    Quantity,
    Room,
    check_room,
    open_requests,
    reserve,
    reserved_for,
    room_of,
    used_on,
)
from recast.ledger.people.tables import USERS

__all__ = ["COSTLY", "Spending"]

COSTLY = ("accept", "run", "rerun")
"""Actions that let machines run: with the policy `at-once`, requesters do them on their own account."""

_OPEN = ("submitted", "accepted")
_DRAFTS = 10
"""A draft costs a row, but somebody may make them by the million: this many times as many as may be open."""


@dataclass(frozen=True, slots=True)
class Spending:
    """What one change takes of its actor's quotas. `defaults` are those of the site."""

    actor: Actor
    action: str
    now: str
    defaults: Mapping[Quantity, float] = field(default_factory=lambda: DEFAULTS)

    def facts(self, connection: Connection, before: Request | None, facts: Facts) -> Facts:
        """Return the facts with what is left for whoever helps themselves; what is reserved for this very request is
        there for it. From here on the other changes of the same person wait.
        """
        if self._is_counted(before):
            connection.execute(select(USERS.c.id).where(USERS.c.id == self.actor.user).with_for_update())
        if before is None or not self._pays(before) or facts.core_hours_quota is None:
            return facts
        user = self.actor.user
        room = room_of(connection, user, "core_hours", self.now, defaults=self.defaults)
        there = Room("core_hours", used_on(connection, user, before.analysis, self.now), facts.core_hours_quota)
        reserved = reserved_for(connection, user, before.id)
        return replace(facts, core_hours_left=max(0.0, min(it.most - it.used for it in (room, there)) + reserved))

    def check(self, connection: Connection, before: Request | None) -> None:
        """Raise PermissionDenied if somebody has as many requests under way as they may; of drafts, many times that."""
        if before is not None and self.action != "submit":
            return
        states, times = (("draft",), _DRAFTS) if before is None else (_OPEN, 1)
        user = self.actor.user
        used = open_requests(connection, user, states)
        room = room_of(connection, user, "open_requests", self.now, used=used, defaults=self.defaults)
        check_room(replace(room, most=room.most * times), 1)

    def count(self, connection: Connection, after: Request, facts: Facts) -> None:
        """Count what a request is going to cost, if who asked for it has just let it run."""
        if self._pays(after) and facts.core_hours is not None:
            reserve(connection, after.owner, after.id, facts.core_hours, self.now)

    def _is_counted(self, before: Request | None) -> bool:
        return before is None or self.action == "submit" or self._pays(before)

    def _pays(self, request: Request) -> bool:
        return self.action in COSTLY and self.actor.user == request.owner
