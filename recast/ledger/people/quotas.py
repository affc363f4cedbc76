"""Quotas: what one user may take from the service, and what they have taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, select, union_all

from recast.errors import PermissionDenied, UsageError
from recast.ledger.people.audit import note
from recast.ledger.people.tables import QUOTAS, USES
from recast.ledger.people.users import find_user
from recast.ledger.tables import requests, runs
from recast.moments import plus

__all__ = [
    "DEFAULTS",
    "WINDOW_S",
    "Quantity",
    "Room",
    "check_room",
    "note_use",
    "open_requests",
    "reserve",
    "reserved_for",
    "room_of",
    "set_quota",
    "settle",
    "used_on",
]

Quantity = Literal["core_hours", "upload_bytes", "open_requests"]

DEFAULTS: Mapping[Quantity, float] = {"core_hours": 100.0, "upload_bytes": 2e9, "open_requests": 50.0}
"""What a user has where neither the site nor an administrator said otherwise."""

WINDOW_S = 30 * 86400
"""Core-hours and bytes are counted over the last thirty days; there is no day on which all is free again."""

_RESERVED = "reserved:"
_UNITS: Mapping[Quantity, str] = {
    "core_hours": "core-hours in 30 days",
    "upload_bytes": "bytes of uploads in 30 days",
    "open_requests": "open requests",
}


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a quantity a user has taken, and the most they may."""

    what: Quantity
    used: float
    most: float

    @property
    def left(self) -> float:
        """What is left, at least zero."""
        return max(0.0, self.most - self.used)


def room_of(
    connection: Connection,
    user: str,
    what: Quantity,
    now: str,
    *,
    used: float | None = None,
    defaults: Mapping[Quantity, float] = DEFAULTS,
) -> Room:
    """Return how much of a quantity is taken. `used` says so for what is counted elsewhere (open requests)."""
    own = connection.execute(select(QUOTAS.c.most).where(QUOTAS.c.user == user, QUOTAS.c.what == what)).first()
    most = own[0] if own is not None else defaults.get(what, DEFAULTS[what])
    return Room(what, _used(connection, user, what, now) if used is None else used, most)


def check_room(room: Room, wanted: float) -> None:
    """Raise PermissionDenied if `wanted` more is too much."""
    if wanted <= room.left:
        return
    raise PermissionDenied(
        "This is more than you may use",
        where=room.what,
        why=f"You have used {room.used:.4g} of {room.most:.4g} {_UNITS[room.what]}; this would take {wanted:.4g} more.",
        next_step="ask for fewer points, wait, or ask an administrator for a larger quota",
        code="permission.quota",
    )


def note_use(connection: Connection, user: str, what: Quantity, amount: float, reference: str, now: str) -> None:
    """Note that something was used. `reference` (a run, an upload) is counted once: a later note replaces it."""
    connection.execute(delete(USES).where(USES.c.user == user, USES.c.what == what, USES.c.reference == reference))
    row = {"user": user, "what": what, "reference": reference, "amount": amount, "at": now}
    connection.execute(insert(USES).values(row))


def reserve(connection: Connection, user: str, request: str, core_hours: float, now: str) -> None:
    """Count what a request is going to cost from its acceptance on, so that many at once do not get around a quota."""
    note_use(connection, user, "core_hours", core_hours, f"{_RESERVED}{request}", now)


def reserved_for(connection: Connection, user: str, request: str) -> float:
    """Return the core-hours that are reserved for a request and not settled yet."""
    theirs = (USES.c.user == user) & (USES.c.reference == f"{_RESERVED}{request}")
    return connection.scalar(select(func.coalesce(func.sum(USES.c.amount), 0.0)).where(theirs)) or 0.0


def settle(connection: Connection, user: str, request: str, run: str, core_hours: float, now: str) -> None:
    """Count what a run of a request has cost, in place of what was reserved for it."""
    reserved = (USES.c.user == user) & (USES.c.reference == f"{_RESERVED}{request}")
    connection.execute(delete(USES).where(reserved))
    note_use(connection, user, "core_hours", core_hours, run, now)


def used_on(connection: Connection, user: str, analysis: str, now: str) -> float:
    """Return the core-hours that a user has taken for one analysis."""
    theirs = (requests.c.owner == user) & (requests.c.analysis == analysis)
    ran = select(runs.c.id).join(requests, requests.c.id == runs.c.request).where(theirs)
    going_to = select(literal(_RESERVED) + requests.c.id).where(theirs)
    return _used(connection, user, "core_hours", now, USES.c.reference.in_(union_all(ran, going_to)))


def open_requests(connection: Connection, user: str, states: Collection[str] = ("submitted", "accepted")) -> int:
    """Return how many requests of a user are open, or in other states."""
    theirs = (requests.c.owner == user) & requests.c.state.in_(states)
    return connection.scalar(select(func.count()).select_from(requests).where(theirs)) or 0


def set_quota(connection: Connection, user: str, what: Quantity, most: float | None, by: str, now: str) -> None:
    """Give a user a quota of their own; None gives them the default again. Raises NotFound or UsageError."""
    find_user(connection, user)
    if what not in DEFAULTS:
        raise UsageError("There is no such quota", where=str(what)[:40], why=f"There are: {', '.join(DEFAULTS)}.")
    if most is not None and not 0 <= most <= 1e15:
        raise UsageError("A quota is a number from 0", where=f"{most:g}")
    connection.execute(delete(QUOTAS).where(QUOTAS.c.user == user, QUOTAS.c.what == what))
    if most is not None:
        connection.execute(insert(QUOTAS).values({"user": user, "what": what, "most": most}))
    note(connection, by, "quota-set", user, now, what=what, most=most)


def _used(
    connection: Connection, user: str, what: Quantity, now: str, which: ColumnElement[bool] | None = None
) -> float:
    theirs = (USES.c.user == user) & (USES.c.what == what) & (USES.c.at > plus(now, -WINDOW_S))
    theirs = theirs if which is None else theirs & which
    return float(connection.scalar(select(func.coalesce(func.sum(USES.c.amount), 0.0)).where(theirs)) or 0.0)
