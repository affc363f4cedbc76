"""Quotas: what one user may take from the service, and what they have taken."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, insert, not_, or_, select, true

from recast.errors import PermissionDenied, UsageError
from recast.ledger.people.audit import note
from recast.ledger.people.tables import QUOTAS, USES
from recast.ledger.people.users import find_user, lock_user
from recast.ledger.tables import requests, reserved, runs, work
from recast.moments import plus

__all__ = [
    "DEFAULTS",
    "WINDOW_S",
    "Quantity",
    "Room",
    "add_use",
    "check_room",
    "note_use",
    "open_requests",
    "reserve",
    "reserved_for",
    "room_of",
    "set_quota",
    "settle",
    "unreserve",
    "used_for",
    "used_on",
]

Quantity = Literal["core_hours", "upload_bytes", "open_requests", "ledger_bytes"]

DEFAULTS: Mapping[Quantity, float] = {
    "core_hours": 100.0,
    "upload_bytes": 2e9,
    "open_requests": 50.0,
    "ledger_bytes": 2e8,
}
"""What a user has where neither the site nor an administrator said otherwise."""

WINDOW_S = 30 * 86400
"""Core-hours and bytes are counted over the last thirty days; there is no day on which all is free again."""

_UNITS: Mapping[Quantity, str] = {
    "core_hours": "core-hours in 30 days",
    "upload_bytes": "bytes of uploads in 30 days",
    "open_requests": "open requests",
    "ledger_bytes": "bytes of requests, comments and answers in 30 days",
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
    return Room(what, _taken(connection, user, what, now) if used is None else used, most)


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
    connection.execute(delete(USES).where(_of(user, what, reference)))
    row = {"user": user, "what": what, "reference": reference, "amount": amount, "at": now}
    connection.execute(insert(USES).values(row))


def add_use(connection: Connection, user: str, what: Quantity, amount: float, now: str) -> None:
    """Note that more was used of what comes in many small pieces: each day is one row."""
    day = now[:10]
    known = connection.scalar(select(USES.c.amount).where(_of(user, what, day))) or 0.0
    note_use(connection, user, what, known + amount, day, now)


def used_for(connection: Connection, user: str, what: Quantity, reference: str, now: str) -> float:
    """Return how much of a quantity one run or upload counts for now."""
    return _used(connection, user, what, now, USES.c.reference == reference)


def reserve(connection: Connection, user: str, request: str, event: int, core_hours: float) -> None:
    """Count what a run is going to cost before it has run, so that many at once do not get around a quota.

    `event` asked for it; 0 for a request that was accepted and whose run was not asked for yet. A reservation counts
    as long as its work is not done, or its request is accepted: whatever ends these ends it.
    """
    connection.execute(delete(reserved).where(reserved.c.user == user, not_(_counts())))
    connection.execute(delete(reserved).where(reserved.c.request == request, reserved.c.event == event))
    row = {"user": user, "request": request, "event": event, "core_hours": core_hours}
    connection.execute(insert(reserved).values(row))


def unreserve(connection: Connection, request: str, event: int = 0) -> None:
    """Count no longer what was reserved for an event, or at the acceptance."""
    connection.execute(delete(reserved).where(reserved.c.request == request, reserved.c.event == event))


def reserved_for(connection: Connection, user: str, request: str, event: int | None = None) -> float:
    """Return the core-hours that are reserved for a request, or for one event of it (0: its acceptance)."""
    this = reserved.c.event == event if event is not None else true()
    return _waiting(connection, user, reserved.c.request == request, this)


def settle(
    connection: Connection, user: str, request: str, run: str, core_hours: float | None, now: str, event: int = 0
) -> None:
    """Count what a run has cost; if nobody knows, what was reserved for the event that asked for it.

    A run that was never created has cost nothing. Nothing is counted for somebody who is no user.
    """
    if not lock_user(connection, user):
        return
    if core_hours is None:
        created = connection.scalar(select(runs.c.folder).where(runs.c.id == run))
        core_hours = reserved_for(connection, user, request, event) if created else 0.0
    note_use(connection, user, "core_hours", core_hours, run, now)


def used_on(connection: Connection, user: str, analysis: str, now: str) -> float:
    """Return the core-hours that a user has taken for one analysis, with what is reserved."""
    theirs = (requests.c.owner == user) & (requests.c.analysis == analysis)
    ran = select(runs.c.id).join(requests, requests.c.id == runs.c.request).where(theirs)
    used = _used(connection, user, "core_hours", now, USES.c.reference.in_(ran))
    return used + _waiting(connection, user, reserved.c.request.in_(select(requests.c.id).where(theirs)))


def open_requests(connection: Connection, user: str, states: Collection[str] = ("submitted", "accepted")) -> int:
    """Return how many requests of a user are open, or in other states."""
    theirs = (requests.c.owner == user) & requests.c.state.in_(states)
    return connection.scalar(select(func.count()).select_from(requests).where(theirs)) or 0


def set_quota(connection: Connection, user: str, what: Quantity, most: float | None, by: str, now: str) -> None:
    """Give a user a quota of their own; None gives them the default again. Raises NotFound or UsageError."""
    find_user(connection, user)
    lock_user(connection, user)
    if what not in DEFAULTS:
        raise UsageError("There is no such quota", where=str(what)[:40], why=f"There are: {', '.join(DEFAULTS)}.")
    if most is not None and not 0 <= most <= 1e15:
        raise UsageError("A quota is a number from 0", where=f"{most:g}")
    connection.execute(delete(QUOTAS).where(QUOTAS.c.user == user, QUOTAS.c.what == what))
    if most is not None:
        connection.execute(insert(QUOTAS).values({"user": user, "what": what, "most": most}))
    note(connection, by, "quota-set", user, now, what=what, most=most)


def _taken(connection: Connection, user: str, what: Quantity, now: str) -> float:
    """Return what was used in the window, and what is going to be."""
    return _used(connection, user, what, now) + (_waiting(connection, user) if what == "core_hours" else 0.0)


def _used(
    connection: Connection, user: str, what: Quantity, now: str, which: ColumnElement[bool] | None = None
) -> float:
    theirs = (USES.c.user == user) & (USES.c.what == what) & (USES.c.at > plus(now, -WINDOW_S))
    theirs = theirs if which is None else theirs & which
    return float(connection.scalar(select(func.coalesce(func.sum(USES.c.amount), 0.0)).where(theirs)) or 0.0)


def _waiting(connection: Connection, user: str, *which: ColumnElement[bool]) -> float:
    """Return the reserved core-hours that count, however long ago they were reserved."""
    query = select(func.coalesce(func.sum(reserved.c.core_hours), 0.0))
    return float(connection.scalar(query.where(reserved.c.user == user, _counts(), *which)) or 0.0)


def _counts() -> ColumnElement[bool]:
    """Return which reservations count: those whose work is not done, and those of the acceptance while it lasts."""
    goes_on = (work.c.request == reserved.c.request) & (work.c.event == reserved.c.event) & (work.c.state != "done")
    accepted = (requests.c.id == reserved.c.request) & (requests.c.state == "accepted")
    return or_(
        exists(select(work.c.id).where(goes_on)),
        and_(reserved.c.event == 0, exists(select(requests.c.id).where(accepted))),
    )


def _of(user: str, what: Quantity, reference: str) -> ColumnElement[bool]:
    return (USES.c.user == user) & (USES.c.what == what) & (USES.c.reference == reference)
