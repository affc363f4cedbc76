"""What a user is to the service, to an analysis, to a collaboration; and the Actor that follows from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from sqlalchemy import Column, Connection, Table, delete, insert, literal, select, union_all

from recast.desk.model import ROLES as ALL_ROLES
from recast.desk.model import Actor
from recast.errors import UsageError
from recast.ledger.people.audit import note
from recast.ledger.people.tables import CONTACTS, COORDINATORS, ROLES
from recast.ledger.people.users import find_user

__all__ = ["Bond", "actor_of_user", "actors_of", "bond", "bonded", "unbond"]

Bond = Literal["role", "contact", "coordinator"]
"""How a user is bound: by a role of the service, to an analysis, to a collaboration."""

_AT_ONCE = 500
"""Databases take only so many values in one statement."""

_PLACES: dict[Bond, tuple[Table, Column[str]]] = {
    "role": (ROLES, ROLES.c.role),
    "contact": (CONTACTS, CONTACTS.c.analysis),
    "coordinator": (COORDINATORS, COORDINATORS.c.collaboration),
}


def bond(connection: Connection, kind: Bond, user: str, to: str, by: str, now: str) -> None:
    """Give a role, or make somebody contact of an analysis or coordinator of a collaboration; twice changes nothing.

    Whether `by` may do so is the caller's question to `desk.may`. Raises NotFound, or UsageError for an unknown role.
    """
    find_user(connection, user)
    if kind == "role" and to not in ALL_ROLES:
        raise UsageError("There is no such role", where=to[:40], why=f"Roles are: {', '.join(ALL_ROLES)}.")
    if to in bonded(connection, kind, user):
        return
    table, column = _PLACES[kind]
    connection.execute(insert(table).values({"user": user, column.name: to}))
    note(connection, by, f"{kind}-given", user, now, to=to)


def unbond(connection: Connection, kind: Bond, user: str, to: str, by: str, now: str) -> None:
    """Take a role, a contact or a coordinator away."""
    table, column = _PLACES[kind]
    if connection.execute(delete(table).where(table.c.user == user, column == to)).rowcount:
        note(connection, by, f"{kind}-taken", user, now, to=to)


def bonded(connection: Connection, kind: Bond, user: str) -> frozenset[str]:
    """Return the roles, analyses or collaborations of a user."""
    table, column = _PLACES[kind]
    return frozenset(connection.scalars(select(column).where(table.c.user == user)))


def actor_of_user(connection: Connection, user: str, scopes: frozenset[str] | None = None) -> Actor:
    """Return who acts when a user does, by what is true now: a role that was taken away is gone at once."""
    held: dict[str, set[str]] = {kind: set() for kind in _PLACES}
    wanted = [select(literal(kind), column).where(table.c.user == user) for kind, (table, column) in _PLACES.items()]
    for kind, to in connection.execute(union_all(*wanted)):
        held[kind].add(to)
    return _actor(user, held, scopes)


def actors_of(connection: Connection, users: Iterable[str]) -> dict[str, Actor]:
    """Return who acts when each of some users does, as `actor_of_user` does for one, in a few queries for all."""
    ids = sorted(users)
    held: dict[str, dict[str, set[str]]] = {user: {kind: set() for kind in _PLACES} for user in ids}
    for start in range(0, len(ids), _AT_ONCE):
        these = ids[start : start + _AT_ONCE]
        wanted = [
            select(table.c.user, literal(kind), column).where(table.c.user.in_(these))
            for kind, (table, column) in _PLACES.items()
        ]
        for user, kind, to in connection.execute(union_all(*wanted)):
            held[user][kind].add(to)
    return {user: _actor(user, each) for user, each in held.items()}


def _actor(user: str, held: Mapping[str, Collection[str]], scopes: frozenset[str] | None = None) -> Actor:
    return Actor(
        user=user,
        roles=frozenset(held["role"]),
        contact_of=frozenset(held["contact"]),
        coordinator_of=frozenset(held["coordinator"]),
        scopes=scopes,
    )
