"""Work for the dispatcher: taken with a lease, kept by a heartbeat, and fenced off from former owners.

A lease ends by the clock, and clocks jump; so what counts is its fence. Each time work is taken the number grows, and
whoever writes with an old number is refused, also if its lease seems to last. A time that lies further ahead than any
lease or wait was written by a clock that has been set back since.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, insert, or_, select, update

from recast.desk.model import Event
from recast.json_types import JsonObject
from recast.ledger import tables
from recast.ledger.changes import tell
from recast.ledger.database import Database
from recast.ledger.faults import LeaseLost

__all__ = ["Lease", "Work", "add_work", "check_fence", "drop_waiting"]

_LONGEST_S = 3600.0
"""No wait is as long as this, and hardly a lease."""

_work = tables.work


@dataclass(frozen=True, slots=True)
class Lease:
    """Work that somebody has: for which request, because of which event, until when, and for the how manieth time.

    `failures` counts how often the machines failed it, `silent_ends` how often its owner ended without a word.
    """

    id: int
    kind: str
    request: str
    event: int
    owner: str
    fence: int
    until: float
    tries: int
    failures: int = 0
    silent_ends: int = 0


class Work:
    """The work of a ledger."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def take(
        self, owner: str, kinds: Sequence[str], lease_s: float, *, alive: Collection[int] = (), silent: bool = True
    ) -> Lease | None:
        """Take the oldest work that nobody has, or whose owner was silent for too long; None if there is none.

        `alive` is work whose owner is known to live, however silent; with `silent=False` that of nobody is taken away.
        """
        now = self._now()
        ahead = now + max(_LONGEST_S, 2 * lease_s)
        due = or_(_free(now, ahead), _silent(now, ahead, alive) if silent else false())
        query = select(_work).where(_work.c.kind.in_(kinds), due).order_by(_work.c.id).limit(1)
        with self._database.writing() as connection:
            while (row := connection.execute(query.with_for_update(skip_locked=True)).one_or_none()) is not None:
                if row.state == "waiting" or row.lease_until <= ahead:
                    return _taken(connection, row, owner, now + lease_s)
                # Its owner may live, and has as long to say so as if it had spoken just now.
                connection.execute(update(_work).where(_work.c.id == row.id).values(lease_until=now + lease_s))
        return None

    def renew(self, lease: Lease, lease_s: float) -> Lease:
        """Keep work for some more seconds; raise LeaseLost."""
        until = self._now() + lease_s
        self._set(lease, lease_until=until)
        return replace(lease, until=until)

    def finish(self, lease: Lease, outcome: JsonObject) -> None:
        """Note that work is done, and what came of it; raise LeaseLost."""
        self._set(lease, state="done", outcome=json.dumps(outcome))

    def postpone(self, lease: Lease, wait_s: float, why: str, *, failed: bool = False) -> None:
        """Give work back, to be taken again after some seconds; raise LeaseLost. `failed`: the machines failed it."""
        self._give_back(lease, wait_s, why, failures=_work.c.failures + int(failed))

    def died(self, lease: Lease, wait_s: float) -> None:
        """Give work back for somebody who has ended without a word; raise LeaseLost."""
        why = "its process ended without a word"
        self._give_back(lease, wait_s, why, silent_ends=_work.c.silent_ends + 1)

    def goes_on(self, lease: Lease) -> None:
        """Note that work makes progress: that others have ended without a word is forgotten. Raise LeaseLost."""
        self._set(lease, silent_ends=0)

    def _give_back(self, lease: Lease, wait_s: float, why: str, **more: object) -> None:
        said = json.dumps({"why": why})
        with self._database.writing() as connection:
            check_fence(connection, lease)
            values = {"state": "waiting", "not_before": self._now() + wait_s, "outcome": said, **more}
            connection.execute(update(_work).where(_work.c.id == lease.id).values(**values))
            runs = connection.scalars(select(tables.runs.c.id).where(tables.runs.c.work == lease.id)).all()
            if runs:  # whoever follows them is told that nobody drives them now
                pictures = tables.snapshots
                newer = update(pictures).where(pictures.c.run.in_(runs)).values(number=pictures.c.number + 1)
                connection.execute(newer)
                tell(connection, "run", runs)

    def waiting(self) -> int:
        """Return how much work there is that nobody has."""
        with self._database.glancing() as connection:
            query = select(func.count()).select_from(_work).where(_work.c.state == "waiting")
            return connection.scalar(query) or 0

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
    """Drop work of a request for which no run is noted, and return how much: whoever has it can note none any more.

    Work that has a run is due now, if it waits: its run is to be ended in order.
    """
    mine = (_work.c.request == request, _work.c.kind == kind, _work.c.state != "done")
    # Locked first: in PostgreSQL only the statement after that sees which runs were noted by whoever had the rows.
    known = set(connection.scalars(select(_work.c.id).where(*mine).with_for_update()))
    runs = set(connection.scalars(select(tables.runs.c.work).where(tables.runs.c.work.in_(known))))
    waiting = (_work.c.id.in_(known & runs), _work.c.state == "waiting")
    connection.execute(update(_work).where(*waiting).values(not_before=0.0))
    values = {"state": "done", "fence": _work.c.fence + 1, "outcome": json.dumps({"dropped": True})}
    return connection.execute(update(_work).where(_work.c.id.in_(known - runs)).values(**values)).rowcount


def _free(now: float, ahead: float) -> ColumnElement[bool]:
    return and_(_work.c.state == "waiting", or_(_work.c.not_before <= now, _work.c.not_before > ahead))


def _silent(now: float, ahead: float, alive: Collection[int]) -> ColumnElement[bool]:
    until = _work.c.lease_until
    return and_(_work.c.state == "taken", or_(until < now, until > ahead), _work.c.id.not_in(alive))


def _taken(connection: Connection, row: Row[Any], owner: str, until: float) -> Lease:
    silent_ends = row.silent_ends + (row.state == "taken")
    values = {"state": "taken", "owner": owner, "fence": row.fence + 1, "lease_until": until, "tries": row.tries + 1}
    connection.execute(update(_work).where(_work.c.id == row.id).values(silent_ends=silent_ends, **values))
    about = (row.id, row.kind, row.request, row.event, owner, row.fence + 1, until, row.tries + 1)
    return Lease(*about, failures=row.failures, silent_ends=silent_ends)
