"""Who watches which analysis: they are told of its public requests, though they had no part in them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from recast.errors import UsageError
from recast.ledger.people.tables import WATCHES

__all__ = ["unwatch", "watch", "watched"]

MOST = 1000
"""A person watches no more analyses than this."""


def watch(connection: Connection, user: str, analysis: str) -> None:
    """Let a user watch an analysis; twice changes nothing. Raises UsageError for too many."""
    theirs = WATCHES.c.user == user
    if connection.scalar(select(WATCHES.c.user).where(theirs, WATCHES.c.analysis == analysis)) is not None:
        return
    if (connection.scalar(select(func.count()).select_from(WATCHES).where(theirs)) or 0) >= MOST:
        raise UsageError(
            "You watch too many analyses", why=f"Nobody watches more than {MOST}.", next_step="unwatch one"
        )
    connection.execute(insert(WATCHES).values(user=user, analysis=analysis))


def unwatch(connection: Connection, user: str, analysis: str) -> None:
    """Let a user watch an analysis no longer."""
    connection.execute(delete(WATCHES).where(WATCHES.c.user == user, WATCHES.c.analysis == analysis))


def watched(connection: Connection, user: str) -> list[str]:
    """Return the analyses that a user watches, by name."""
    query = select(WATCHES.c.analysis).where(WATCHES.c.user == user).order_by(WATCHES.c.analysis)
    return list(connection.scalars(query))
