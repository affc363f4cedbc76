"""What can go wrong with the ledger itself: it cannot be used, or a lease on work in it was lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from recast.errors import InputError, LedgerUnavailable, MovedOn, StoreError

__all__ = ["FactsOutdated", "LeaseLost", "LedgerUnavailable", "speaking"]

_FULL = ("database or disk is full", "No space left on device")
_READ_ONLY = ("readonly database", "read-only transaction", "unable to open database file")
_DEADLOCK = "40P01"
"""The code of PostgreSQL: its messages may be in any language."""
_BUSY = ("database is locked", "lock timeout", "too many clients", "deadlock detected")


class LeaseLost(StoreError):
    """Work was taken by somebody else meanwhile; what its former owner wants to write is refused."""


class FactsOutdated(MovedOn):
    """A request asks for something else than when it was found out what is true of it: that has to be done anew."""


class Deadlock(LedgerUnavailable):
    """Two transactions waited for each other, and the database ended this one: it can be tried again at once."""


@contextmanager
def speaking(place: str) -> Iterator[None]:
    """Turn errors of the database into LedgerUnavailable, and values that it cannot hold into InputError.

    An IntegrityError passes, since its cause is a rule.
    """
    try:
        yield
    except IntegrityError:
        raise
    except DataError as problem:  # PostgreSQL has no text with a zero byte in it
        raise InputError("A value cannot be kept or searched for", why=_said(problem)) from problem
    except SQLAlchemyError as problem:
        raise _unavailable(place, problem) from problem


def _unavailable(place: str, problem: SQLAlchemyError) -> LedgerUnavailable:
    why = _said(problem)
    orig = getattr(problem, "orig", None)
    kind = Deadlock if getattr(orig, "sqlstate", "") == _DEADLOCK else LedgerUnavailable
    return kind("The ledger cannot be used", where=place, why=why, next_step=_next(why))


def _said(problem: SQLAlchemyError) -> str:
    """Return the message of the driver alone: SQLAlchemy adds the statement and its values, which are not for a log."""
    why = str(problem.orig) if isinstance(problem, DBAPIError) else str(problem)
    return (why.strip().splitlines() or [type(problem).__name__])[0]


def _next(why: str) -> str:
    if any(text in why for text in _FULL):
        return "free some space where the database lies; nothing was lost"
    if any(text in why for text in _READ_ONLY):
        return "make the database and its folder writable for the user of the service"
    if any(text in why for text in _BUSY):
        return "try again: another process holds it"
    return "see that the database runs and that its URL is right: recast serve --database URL"
