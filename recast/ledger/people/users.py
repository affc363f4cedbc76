"""Users: made at their first login or by an invitation, blocked, never deleted: the audit trail names them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select, update

from recast.errors import NotFound, UsageError
from recast.ledger.people.audit import note
from recast.ledger.people.secret_texts import new_id
from recast.ledger.people.tables import USERS
from recast.terminal_safe import one_line

__all__ = [
    "User",
    "any_user",
    "block_user",
    "find_local",
    "find_user",
    "lock_user",
    "make_local_user",
    "set_password",
    "unblock_user",
    "user_of_provider",
]

LONGEST_NAME = 190


@dataclass(frozen=True, slots=True)
class User:
    """A person. `login` is empty for whoever comes by an OIDC provider; `blocked` says why, empty if not blocked."""

    id: str
    name: str
    email: str = ""
    login: str = ""
    issuer: str = ""
    created: str = ""
    blocked: str = ""


def find_user(connection: Connection, user: str) -> User:
    """Return a user; raise NotFound."""
    found = _find(connection, USERS.c.id == user)
    if found is None:
        raise NotFound("There is no such user", where=user[:40])
    return found


def any_user(connection: Connection) -> bool:
    """Return whether anybody can log in yet; the service's own administrator has no password."""
    can_log_in = (USERS.c.password != "") | USERS.c.issuer.is_not(None)
    return connection.execute(select(USERS.c.id).where(can_log_in).limit(1)).first() is not None


def lock_user(connection: Connection, user: str) -> bool:
    """Let other changes of a person's quotas and tokens wait until this one ends; return whether they are a user.

    What merely refers to the user need not wait.
    """
    theirs = select(USERS.c.id).where(USERS.c.id == user).with_for_update(key_share=True)
    return connection.scalar(theirs) is not None


def find_local(connection: Connection, login: str) -> tuple[User, str] | None:
    """Return the local account of a name with the hash of its password; None if there is none."""
    row = connection.execute(select(USERS).where(USERS.c.login == login)).first()
    return None if row is None else (_user(row._mapping), row._mapping["password"])


def make_local_user(connection: Connection, login: str, password_hash: str, by: str, now: str) -> User:
    """Make a local account; raise UsageError if the name is taken."""
    if find_local(connection, login) is not None:
        raise UsageError("This name is taken", where=login, next_step="choose another one")
    user = new_id("u")
    row = {"id": user, "name": login, "email": "", "login": login, "password": password_hash, "created": now}
    connection.execute(insert(USERS).values(row | {"blocked": ""}))
    note(connection, by, "user-made", user, now, login=login)
    return find_user(connection, user)


def user_of_provider(connection: Connection, issuer: str, subject: str, name: str, email: str, now: str) -> User:
    """Return the user whom a provider knows by `subject`, made at the first login; name and email follow the provider.

    Only issuer and subject identify: whoever registers somebody else's address somewhere does not become them.
    """
    shown = one_line(name.strip(), LONGEST_NAME) or "nameless"
    known = {"name": shown, "email": email if len(email) <= 254 else ""}
    is_theirs = (USERS.c.issuer == issuer) & (USERS.c.subject == subject)
    if (found := _find(connection, is_theirs)) is None:
        user = new_id("u")
        row = {"id": user, "issuer": issuer, "subject": subject, "created": now, "password": "", "blocked": ""}
        connection.execute(insert(USERS).values(row | known))
        note(connection, user, "user-made", user, now, issuer=issuer)
        return find_user(connection, user)
    connection.execute(update(USERS).where(USERS.c.id == found.id).values(known))
    return find_user(connection, found.id)


def set_password(connection: Connection, user: str, password_hash: str, by: str, now: str) -> None:
    """Set the hash of a local account's password."""
    connection.execute(update(USERS).where(USERS.c.id == user).values(password=password_hash))
    note(connection, by, "password-set", user, now)


def block_user(connection: Connection, user: str, why: str, by: str, now: str) -> None:
    """Block a user: nothing that they hold is accepted until they are unblocked. Raises NotFound, or UsageError for
    oneself: the last administrator must not lock the door from outside.
    """
    if find_user(connection, user).id == by:
        raise UsageError("Nobody blocks themselves", next_step="let another administrator do it")
    connection.execute(update(USERS).where(USERS.c.id == user).values(blocked=why[:500] or "no reason given"))
    note(connection, by, "user-blocked", user, now, why=why[:500])


def unblock_user(connection: Connection, user: str, by: str, now: str) -> None:
    """Let a blocked user in again."""
    find_user(connection, user)
    connection.execute(update(USERS).where(USERS.c.id == user).values(blocked=""))
    note(connection, by, "user-unblocked", user, now)


def _find(connection: Connection, which: ColumnElement[bool]) -> User | None:
    row = connection.execute(select(USERS).where(which)).first()
    return None if row is None else _user(row._mapping)


def _user(row: object) -> User:
    names = ("id", "name", "email", "login", "issuer", "created", "blocked")
    return User(**{name: row[name] or "" for name in names})  # type: ignore[index]
