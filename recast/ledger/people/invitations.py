"""Invitations: a link that makes a local account once, or sets the password of one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from recast.errors import NotFound
from recast.ledger.people.audit import note
from recast.ledger.people.secret_texts import digest_of, is_of_kind, new_secret
from recast.ledger.people.tables import INVITATIONS
from recast.ledger.people.users import any_user
from recast.moments import plus

__all__ = ["LIFE_S", "Invitation", "invite", "invite_first", "read_invitation", "spend_invitation"]

LIFE_S = 86400
_FIRST = "first administrator"
"""The role in an invitation that a start without any account makes."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What an invitation gives: a role besides that of a user, or a new password for `user`."""

    role: str = ""
    user: str = ""


def invite(connection: Connection, by: str, now: str, *, role: str = "", user: str = "", life_s: float = LIFE_S) -> str:
    """Make an invitation and return its secret, to be shown once."""
    connection.execute(delete(INVITATIONS).where(INVITATIONS.c.expires <= now))
    secret = new_secret("invitation")
    row = {"digest": digest_of(secret), "role": role, "user": user or None, "created": now}
    connection.execute(insert(INVITATIONS).values(row | {"expires": plus(now, life_s)}))
    note(connection, by, "invited", user or "somebody", now, role=role)
    return secret


def invite_first(connection: Connection, now: str) -> str:
    """Return the secret of an invitation for the first administrator, and make earlier ones worthless.

    It is worth nothing either as soon as anybody has an account.
    """
    connection.execute(delete(INVITATIONS).where(INVITATIONS.c.role == _FIRST))
    return invite(connection, "service", now, role=_FIRST)


def read_invitation(connection: Connection, secret: str, now: str) -> Invitation:
    """Return what an invitation gives, without spending it: whatever previews a link must not use it up."""
    works = (INVITATIONS.c.digest == digest_of(secret)) & (INVITATIONS.c.expires > now)
    row = connection.execute(select(INVITATIONS).where(works)).first() if is_of_kind(secret, "invitation") else None
    first = row is not None and row._mapping["role"] == _FIRST
    if row is None or (first and any_user(connection)):
        raise NotFound(
            "This invitation is not valid",
            why="It was used, has expired, or is incomplete.",
            next_step="ask an administrator for a new one; for the first account start the service again",
        )
    return Invitation("administrator" if first else row._mapping["role"], row._mapping["user"] or "")


def spend_invitation(connection: Connection, secret: str, now: str) -> Invitation:
    """Return what an invitation gives, and make it worthless; of two at once, one gets NotFound."""
    found = read_invitation(connection, secret, now)
    if not connection.execute(delete(INVITATIONS).where(INVITATIONS.c.digest == digest_of(secret))).rowcount:
        return read_invitation(connection, secret, now)
    return found
