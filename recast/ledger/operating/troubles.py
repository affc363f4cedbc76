"""Attempts at steps that failed: of which class, where. Drivers note them; who operates a service looks at them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, delete, func, insert, select

from recast.json_types import JsonDict
from recast.ledger import tables
from recast.ledger.database import Database
from recast.ledger.work import Lease, check_fence

__all__ = ["KEPT_S", "Trouble", "Troubles", "forget_troubles"]

KEPT_S = 8 * 86400.0
"""A week, and a day for clocks that differ."""

_MOST_NODES, _MOST_KINDS = 50, 100
_troubles = tables.troubles


@dataclass(frozen=True, slots=True)
class Trouble:
    """An attempt that failed; `avoided`: the run sends nothing to this node any more."""

    run: str
    step: str
    attempt: int
    failure: str
    executor: str
    host: str = ""
    avoided: bool = False


class Troubles:
    """What a ledger knows of failed attempts."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def note(self, lease: Lease, trouble: Trouble) -> None:
        """Note a failed attempt; raise LeaseLost."""
        row = {**asdict(trouble), "at": self._now(), "step": trouble.step[:300], "host": trouble.host[:255]}
        with self._database.writing() as connection:
            check_fence(connection, lease)
            connection.execute(insert(_troubles).values(row))

    def by_class(self, within_s: float) -> list[JsonDict]:
        """Return how many attempts failed lately, by class and executor, the most first; in how many runs."""
        which = (_troubles.c.failure, _troubles.c.executor)
        counts = (func.count().label("attempts"), func.count(_troubles.c.run.distinct()).label("runs"))
        query = select(*which, *counts).where(_troubles.c.at > self._now() - within_s).group_by(*which)
        with self._database.glancing() as connection:
            rows = connection.execute(query.order_by(func.count().desc()).limit(_MOST_KINDS)).all()
        return [dict(row._mapping) for row in rows]

    def by_node(self, within_s: float) -> list[JsonDict]:
        """Return the nodes at which attempts failed lately, the worst first; `avoided` by how many runs."""
        counts = (
            func.count().label("attempts"),
            func.count(_troubles.c.run.distinct()).label("runs"),
            func.max(_troubles.c.at).label("last"),
        )
        recent = (_troubles.c.at > self._now() - within_s, _troubles.c.host != "")
        query = select(_troubles.c.host, *counts).where(*recent).group_by(_troubles.c.host)
        avoided = select(_troubles.c.host, func.count(_troubles.c.run.distinct())).where(
            *recent, _troubles.c.avoided.is_(True)
        )
        with self._database.glancing() as connection:
            rows = connection.execute(query.order_by(func.count().desc(), _troubles.c.host).limit(_MOST_NODES)).all()
            runs = {row[0]: row[1] for row in connection.execute(avoided.group_by(_troubles.c.host))}
        return [{**row._mapping, "avoided_by": runs.get(row.host, 0)} for row in rows]


def forget_troubles(connection: Connection, now: float) -> None:
    """Remove what is older than anybody looks at."""
    connection.execute(delete(_troubles).where(_troubles.c.at < now - KEPT_S))
