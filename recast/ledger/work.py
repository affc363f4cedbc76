"""Work for the dispatcher: taken with a lease, kept by a heartbeat, and fenced off from former owners.

A lease ends by the clock, and clocks jump; so what counts is its fence. Each time work is taken the number grows, and
whoever writes with an old number is refused, also if its lease seems to last.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, and_, insert, or_, select, update

from recast.desk.model import Event
from recast.json_types import JsonObject
from recast.ledger import tables
from recast.ledger.database import Database
from recast.ledger.faults import LeaseLost

__all__ = ["Lease", "Work", "add_work", "check_fence", "drop_waiting"]

_work = tables.work


@dataclass(frozen=True, slots=True)
class Lease:
    """Work that somebody has: for which request, because of which event, until when, and for the how manieth time."""

    id: int
    kind: str
    request: str
    event: int
    owner: str
    fence: int
    until: float
    tries: int


class Work:
    """The work of a ledger."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def take(self, owner: str, kinds: Sequence[str], lease_s: float) -> Lease | None:
        """Take the oldest work that nobody has, or whose owner was silent for too long; None if there is none."""
        now = self._now()
        free = and_(_work.c.state == "waiting", _work.c.not_before <= now)
        silent = and_(_work.c.state == "taken", _work.c.lease_until < now)
        query = select(_work).where(_work.c.kind.in_(kinds), or_(free, silent)).order_by(_work.c.id).limit(1)
        with self._database.writing() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            fence, until, tries = row.fence + 1, now + lease_s, row.tries + 1
            values = {"state": "taken", "owner": owner, "fence": fence, "lease_until": until, "tries": tries}
            connection.execute(update(_work).where(_work.c.id == row.id).values(**values))
        return Lease(row.id, row.kind, row.request, row.event, owner, fence, until, tries)

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """Keep work for some more seconds; raise LeaseLost."""
        until = self._now() + lease_s
        self._set(lease, lease_until=until)
        return replace(lease, until=until)

    def finish(self, lease: Lease, outcome: JsonObject) -> None:
        """Note that work is done, and what came of it; raise LeaseLost."""
        self._set(lease, state="done", outcome=json.dumps(outcome))

    def postpone(self, lease: Lease, wait_s: float, why: str) -> None:
        """Give work back, to be taken again after some seconds; raise LeaseLost."""
        self._set(lease, state="waiting", not_before=self._now() + wait_s, outcome=json.dumps({"why": why}))

    def waiting(self) -> int:
        """Return how much work there is that nobody has."""
        with self._database.reading() as connection:
            return len(connection.execute(select(_work.c.id).where(_work.c.state == "waiting")).all())

    def _set(self, lease: Lease, **values: object) -> None:
        with self._database.writing() as connection:
            check_fence(connection, lease)
            connection.execute(update(_work).where(_work.c.id == lease.id).values(**values))


def check_fence(connection: Connection, lease: Lease) -> None:
    """Raise LeaseLost unless work is still that of a lease; it stays so until the transaction ends."""
    query = select(_work.c.fence, _work.c.state, _work.c.owner).where(_work.c.id == lease.id)
    row = connection.execute(query.with_for_update()).one_or_none()
    if row is None or row.state != "taken" or row.fence != lease.fence:
        raise LeaseLost(
            f"Work {lease.id} is no longer that of {lease.owner}",
            where=f"request {lease.request}",
            why="There is no such work."
            if row is None
            else f"It is {row.state}, with fence {row.fence} of {row.owner}.",
            next_step="stop working on it: whoever has it now goes on",
        )


def add_work(connection: Connection, kind: str, event: Event) -> None:
    """Add work because of an event."""
    connection.execute(
        insert(_work).values(kind=kind, request=event.request, event=event.number, state="waiting", not_before=0.0)
    )


def drop_waiting(connection: Connection, request: str, kind: str) -> int:
    """Drop work of a request that nobody has taken; return how much."""
    where = (_work.c.request == request, _work.c.kind == kind, _work.c.state == "waiting")
    dropped = update(_work).where(*where).values(state="done", outcome=json.dumps({"dropped": True}))
    return connection.execute(dropped).rowcount
