"""What can go wrong with the ledger itself: it cannot be used, or a lease on work in it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from recast.errors import LedgerUnavailable, StoreError

__all__ = ["LeaseLost", "LedgerUnavailable", "speaking"]

_FULL = ("database or disk is full", "No space left on device")
_READ_ONLY = ("readonly database", "read-only transaction", "unable to open database file")
_BUSY = ("database is locked", "lock timeout", "too many clients", "deadlock detected")


class LeaseLost(StoreError):
    """Work was taken by somebody else meanwhile; what its former owner wants to write is refused."""


@contextmanager
def speaking(place: str) -> Iterator[None]:
    """Turn errors of the database into LedgerUnavailable; an IntegrityError passes, since its cause is a rule."""
    try:
        yield
    except IntegrityError:
        raise
    except SQLAlchemyError as problem:
        raise _unavailable(place, problem) from problem


def _unavailable(place: str, problem: SQLAlchemyError) -> LedgerUnavailable:
    # The message of the driver alone: SQLAlchemy adds the statement and its values, which are not for the log.
    why = str(problem.orig) if isinstance(problem, DBAPIError) else str(problem)
    why = (why.strip().splitlines() or [type(problem).__name__])[0]
    return LedgerUnavailable("The ledger cannot be used", where=place, why=why, next_step=_next(why))


def _next(why: str) -> str:
    if any(text in why for text in _FULL):
        return "free some space where the database lies; nothing was lost"
    if any(text in why for text in _READ_ONLY):
        return "make the database and its folder writable for the user of the service"
    if any(text in why for text in _BUSY):
        return "try again: another process holds it"
    return "see that the database runs and that its URL is right: recast serve --database URL"
