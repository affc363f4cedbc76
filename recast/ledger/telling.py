"""Who is told of an event: the roles that the desk names, as people, without those who may not read the request."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Column, Connection, select

from recast.desk.may import may
from recast.desk.model import Event, Request
from recast.desk.told import told
from recast.ledger.outbox import add_notes
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.tables import CONTACTS, COORDINATORS, ROLES, USERS, WATCHES

__all__ = ["tell_people"]

_ROLES = {"administrators": "administrator", "operators": "operator"}


def tell_people(connection: Connection, request: Request, event: Event) -> None:
    """Write the mail that an event entails, to each person once: the most urgent of what they would get."""
    found: dict[str, str] = {}
    for notice in told(request, event):
        for person in _people(connection, notice.to):
            if person != event.actor and found.get(person) != "now":
                found[person] = notice.urgency
    mail = [
        (person, urgency, request.id, event.number, event.kind)
        for person, urgency in found.items()
        if may(actor_of_user(connection, person), "read", request).yes
    ]
    add_notes(connection, mail)


def _people(connection: Connection, to: str) -> Iterable[str]:
    """Return the users that `user:ID`, `contacts:ANALYSIS`, `watchers:ANALYSIS`, `coordinators:NAME`, `administrators:`
    stand for.
    """
    role, _, name = to.partition(":")
    if role == "user":
        return connection.scalars(select(USERS.c.id).where(USERS.c.id == name)).all()
    if role == "contacts":
        return _bound(connection, CONTACTS.c.user, CONTACTS.c.analysis, name)
    if role == "watchers":
        return _bound(connection, WATCHES.c.user, WATCHES.c.analysis, name)
    if role == "coordinators":
        return _bound(connection, COORDINATORS.c.user, COORDINATORS.c.collaboration, name)
    return _bound(connection, ROLES.c.user, ROLES.c.role, _ROLES[role])


def _bound(connection: Connection, user: Column[str], column: Column[str], name: str) -> Iterable[str]:
    return connection.scalars(select(user).where(column == name).order_by(user)).all()
