"""Who is told of an event: the roles that the desk names, as people, without those who may not read the request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from sqlalchemy import Column, Connection, and_, select

from recast.desk.may import may
from recast.desk.model import Event, Request
from recast.desk.told import Notice, above, told
from recast.ledger import tables
from recast.ledger.outbox import add_notes
from recast.ledger.people.roles import actors_of
from recast.ledger.people.tables import CONTACTS, COORDINATORS, ROLES, USERS, WATCHES
from recast.moments import seconds_between

__all__ = ["tell_people"]

_ROLES = {"administrators": "administrator", "operators": "operator"}
_CALM_S = 3600.0
_MOST_URGENT = 10
"""How many mails at once somebody gets within an hour because of what one other person does."""
_SERVICE = "service"
_EPOCH = "1970-01-01T00:00:00Z"


def tell_people(connection: Connection, request: Request, event: Event) -> None:
    """Write the mail that an event entails, to each person once: the most urgent of what they would get.

    What would be one mail too many within an hour goes into the digest: nobody can make the service bomb anybody.
    """
    found: dict[str, Notice] = {}
    for notice in told(request, event):
        for person, urgency in _reached(connection, request, notice):
            if person != event.actor and (person not in found or found[person].urgency != "now"):
                found[person] = Notice(person, urgency, notice.text)
    actors = actors_of(connection, found)
    notices = [it for it in found.values() if may(actors[it.to], "read", request).yes]
    now_s = seconds_between(_EPOCH, event.at)
    calm = _had_enough(connection, [it for it in notices if it.urgency == "now"], request, event, now_s)
    mail = [(it.to, "digest" if it.to in calm else it.urgency, request.id, event.number, it.text) for it in notices]
    add_notes(connection, mail, now_s)


def _reached(connection: Connection, request: Request, notice: Notice) -> Iterable[tuple[str, str]]:
    """Return the users whom a notice reaches, with its urgency; those above, calmly, if it reaches nobody."""
    to, urgency = notice.to, notice.urgency
    while not (people := _people(connection, to)) and (to := above(to, request)):
        urgency = "digest"
    return [(person, urgency) for person in people]


def _had_enough(
    connection: Connection, urgent: Collection[Notice], request: Request, event: Event, now_s: float
) -> set[str]:
    """Return who was told the same of this request, or much by the same person, at once and lately."""
    if not urgent:
        return set()
    mail, events = tables.outbox.c, tables.events.c
    whence = and_(events.request == mail.request, events.number == mail.event)
    lately = and_(mail.at > now_s - _CALM_S, mail.at <= now_s, mail.urgency == "now")
    query = select(mail.person, mail.request, mail.text, events.actor).join(tables.events, whence).where(lately)
    enough, by_actor = set(), Counter[str]()
    for notice in urgent:
        for row in connection.execute(query.where(mail.person == notice.to)):
            if (row.request, row.text) == (request.id, notice.text):
                enough.add(notice.to)
            by_actor[notice.to] += row.actor == event.actor != _SERVICE
    return enough | {person for person, many in by_actor.items() if many >= _MOST_URGENT}


def _people(connection: Connection, to: str) -> Collection[str]:
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


def _bound(connection: Connection, user: Column[str], column: Column[str], name: str) -> Collection[str]:
    return connection.scalars(select(user).where(column == name).order_by(user)).all()
