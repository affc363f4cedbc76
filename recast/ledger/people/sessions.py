"""Sessions of browsers: made at login and never before, so that nobody can hand a victim one of their own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select, update

from recast.desk.model import Actor
from recast.ledger.people.audit import note
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.secret_texts import digest_of, is_of_kind, new_secret
from recast.ledger.people.tables import SESSIONS, USERS
from recast.ledger.people.tokens import check_not_blocked
from recast.moments import plus

__all__ = ["LIFE_S", "Seated", "begin_session", "end_session", "end_sessions_of", "read_session", "touch_session"]

LIFE_S = 14 * 86400
IDLE_S = 2 * 86400
_TOUCH_EVERY_S = 600


@dataclass(frozen=True, slots=True)
class Seated:
    """Who has a session: the actor, the user's name, and whether its last use ought to be noted."""

    actor: Actor
    name: str
    touch: bool


def begin_session(connection: Connection, user: str, how: str, now: str, before: str = "") -> str:
    """Begin a session at a login and return its secret; the one that the browser had before, if any, ends."""
    if before:
        end_session(connection, before)
    connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user, SESSIONS.c.expires <= now))
    secret = new_secret("session")
    row = {"digest": digest_of(secret), "user": user, "created": now, "expires": plus(now, LIFE_S), "used": now}
    connection.execute(insert(SESSIONS).values(row))
    note(connection, user, "logged-in", user, now, how=how)
    return secret


def read_session(connection: Connection, secret: str, now: str) -> Seated | None:
    """Return who has a session; None if there is none, or it has ended. Raises PermissionDenied if they are blocked."""
    if not is_of_kind(secret, "session"):
        return None
    row = connection.execute(
        select(SESSIONS, USERS.c.name.label("owner"), USERS.c.blocked)
        .join(USERS, USERS.c.id == SESSIONS.c.user)
        .where(SESSIONS.c.digest == digest_of(secret))
    ).first()
    if row is None:
        return None
    it = row._mapping
    if it["expires"] <= now or plus(it["used"], IDLE_S) <= now:
        return None
    check_not_blocked(it["blocked"])
    return Seated(actor_of_user(connection, it["user"]), it["owner"], plus(it["used"], _TOUCH_EVERY_S) <= now)


def touch_session(connection: Connection, secret: str, now: str) -> None:
    """Note that a session is in use, so that it does not end for idleness."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.digest == digest_of(secret)).values(used=now))


def end_session(connection: Connection, secret: str) -> None:
    """End a session: its secret is worth nothing any more."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest_of(secret)))


def end_sessions_of(connection: Connection, user: str) -> None:
    """End all sessions of a user."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.user == user))
