"""What has changed, in the order of the commits, so that many listeners can be served by one query."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, text

from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["Change", "Changes", "hold_changes", "tell"]

_KEPT = 100_000
_LOCK = 0x52_45_43_41_53_55
_changes = tables.changes


@dataclass(frozen=True, slots=True)
class Change:
    """A request or run (`kind`) that has changed; numbers grow in the order of the commits."""

    number: int
    kind: str
    id: str


class Changes:
    """The changes of a ledger, oldest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, number: int, most: int = 1000) -> list[Change]:
        """Return the changes after a number; after -1 only the newest."""
        query = select(_changes).order_by(_changes.c.number)
        if number < 0:
            query = select(_changes).order_by(_changes.c.number.desc()).limit(1)
        else:
            query = query.where(_changes.c.number > number).limit(most)
        with self._database.glancing() as connection:
            return [Change(row.number, row.kind, row.id) for row in connection.execute(query)]

    def forget(self) -> None:
        """Remove all but the newest changes."""
        with self._database.writing() as connection:
            last = connection.scalar(select(func.max(_changes.c.number))) or 0
            connection.execute(delete(_changes).where(_changes.c.number <= last - _KEPT))


def tell(connection: Connection, kind: str, ids: Iterable[str]) -> None:
    """Note that requests or runs have changed; after all that waits for other locks, for others wait for this one.

    Numbers of PostgreSQL are given out before the commit: without the lock, a listener could see 7 before 6 is there.
    """
    hold_changes(connection)
    connection.execute(insert(_changes), [{"kind": kind, "id": it} for it in ids])


def hold_changes(connection: Connection) -> None:
    """Let no other transaction change a request or run until this one ends; in SQLite that is so anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:it)"), {"it": _LOCK})
