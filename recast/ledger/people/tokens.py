"""API tokens: scoped, expiring, shown once, kept as digests; never more than their owner may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, func, insert, select, update

from recast.desk.model import SCOPES, Actor
from recast.errors import CredentialsProblem, NotFound, PermissionDenied, UsageError
from recast.ledger.people.audit import note
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.secret_texts import digest_of, is_of_kind, new_id, new_secret
from recast.ledger.people.tables import TOKENS, USERS
from recast.ledger.people.users import lock_user
from recast.moments import plus
from recast.terminal_safe import one_line

__all__ = [
    "LOGIN_SCOPES",
    "LONGEST_LIFE_S",
    "Bearer",
    "Token",
    "check_not_blocked",
    "end_tokens_of",
    "issue_token",
    "read_token",
    "revoke_token",
    "token_of",
    "tokens_of",
    "touch_token",
    "use_is_due",
]

LONGEST_LIFE_S = 366 * 86400
MOST_TOKENS = 100
LOGIN_SCOPES = ("read", "request", "answer", "review")
"""What `recast login` asks for: the scopes of operators and administrators are asked for by name."""

_ROLES_OF_SCOPES = {"operate": {"operator", "administrator"}, "admin": {"administrator"}}
_USED_EVERY_S = 3600
"""The last use is noted to the hour: a write for each request would be dearer than the request."""


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token; the token itself is known to its holder alone."""

    id: str
    user: str
    name: str
    scopes: tuple[str, ...]
    created: str
    expires: str
    used: str = ""
    revoked: str = ""
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who showed a token: the actor with the token's scopes, the token, and the user's name."""

    actor: Actor
    token: Token
    name: str


def issue_token(
    connection: Connection,
    owner: Actor,
    name: str,
    scopes: Collection[str],
    life_s: float,
    now: str,
    parent: Token | None = None,
) -> tuple[str, Token]:
    """Make a token for `owner`; return it, to be shown once, and what is kept of it.

    With `parent`, the token that asked for this one, the new one has no other scopes, expires no later, and is revoked
    with it: a token that leaks cannot make itself last. Raises UsageError or PermissionDenied, CredentialsProblem if
    `parent` was revoked just now.
    """
    wanted = _checked_scopes(owner, scopes)
    _check_life(life_s)
    lock_user(connection, owner.user)  # whoever revokes all tokens, or all that one has made, finds this one, too
    if parent is not None:
        _check_works(token_of(connection, owner.user, parent.id), now)
    _check_count(connection, owner.user, now)
    secret, token = new_secret("token"), _described(owner.user, name, wanted, now, plus(now, life_s), parent)
    row = {name: getattr(token, name) for name in ("id", "user", "name", "created", "expires")}
    row |= {"digest": digest_of(secret), "scopes": list(wanted), "parent": token.parent or None}
    connection.execute(insert(TOKENS).values(row))
    note(connection, owner.user, "token-issued", token.id, now, user=owner.user, scopes=list(wanted))
    return secret, token


def read_token(connection: Connection, secret: str, now: str) -> Bearer:
    """Return who shows a token; raise CredentialsProblem if it is none, or has expired or been revoked.

    Unknown, expired and revoked are told apart only to whoever holds the right 256 bits.
    """
    found = (
        connection.execute(
            select(TOKENS, USERS.c.name.label("owner"), USERS.c.blocked)
            .join(USERS, USERS.c.id == TOKENS.c.user)
            .where(TOKENS.c.digest == digest_of(secret))
        ).first()
        if is_of_kind(secret, "token")
        else None
    )
    if found is None:
        raise _bad("It is not one of this service.")
    token = _token(found)
    _check_works(token, now)
    check_not_blocked(found._mapping["blocked"])
    return Bearer(actor_of_user(connection, token.user, frozenset(token.scopes)), token, found._mapping["owner"])


def touch_token(connection: Connection, token: Token, now: str) -> None:
    """Note that a token was used; see `use_is_due`."""
    connection.execute(update(TOKENS).where(TOKENS.c.id == token.id).values(used=now))


def use_is_due(token: Token, now: str) -> bool:
    """Return whether the use of a token ought to be noted: it was not in this hour."""
    return not token.used or plus(token.used, _USED_EVERY_S) <= now


def tokens_of(connection: Connection, user: str, now: str) -> list[Token]:
    """Return the tokens of a user that still work, newest first."""
    works = (TOKENS.c.user == user) & TOKENS.c.revoked.is_(None) & (TOKENS.c.expires > now)
    rows = connection.execute(select(TOKENS).where(works).order_by(TOKENS.c.created.desc(), TOKENS.c.id))
    return [_token(row) for row in rows]


def token_of(connection: Connection, user: str, token: str) -> Token:
    """Return a token of a user; raise NotFound, also if it is somebody else's."""
    row = connection.execute(select(TOKENS).where(TOKENS.c.id == token, TOKENS.c.user == user)).first()
    if row is None:
        raise NotFound("There is no such token", where=token[:40], next_step="recast token ls")
    return _token(row)


def revoke_token(connection: Connection, user: str, token: str, by: str, now: str) -> Token:
    """Revoke a token of a user, and all that were made with it; one that was revoked before stays as it was."""
    lock_user(connection, user)
    found = token_of(connection, user, token)
    doomed = [token]
    for each in doomed:  # grows while it is read: children, and their children
        doomed += connection.scalars(select(TOKENS.c.id).where(TOKENS.c.parent == each))
    _revoke(connection, TOKENS.c.id.in_(doomed), now)
    note(connection, by, "token-revoked", token, now, user=user)
    return replace(found, revoked=found.revoked or now)


def end_tokens_of(connection: Connection, user: str, by: str, now: str) -> None:
    """Revoke all tokens of a user."""
    lock_user(connection, user)
    _revoke(connection, TOKENS.c.user == user, now)
    note(connection, by, "tokens-revoked", user, now)


def check_not_blocked(why: str) -> None:
    """Raise PermissionDenied if a user is blocked."""
    if why:
        raise PermissionDenied(
            "This account is blocked",
            why=why,
            next_step="write to the operators of the service",
            code="permission.blocked",
        )


def _revoke(connection: Connection, which: object, now: str) -> None:
    connection.execute(update(TOKENS).where(which, TOKENS.c.revoked.is_(None)).values(revoked=now))  # type: ignore[arg-type]


def _checked_scopes(owner: Actor, scopes: Collection[str]) -> tuple[str, ...]:
    """Return the scopes in the order of SCOPES; raise unless the owner, with what they act by, has all of them."""
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise UsageError("There is no such scope", where=unknown[0][:40], why=f"Scopes are: {', '.join(SCOPES)}.")
    if not scopes:
        raise UsageError("A token needs a scope", why=f"Scopes are: {', '.join(SCOPES)}.")
    for scope in scopes:
        needed = _ROLES_OF_SCOPES.get(scope)
        if (needed and not needed & owner.roles) or (owner.scopes is not None and scope not in owner.scopes):
            raise PermissionDenied(
                f"You cannot give the scope {scope!r}",
                why="A token can do no more than its owner, and one made with a token no more than that.",
                next_step="ask for less, or log in again with that scope",
                code="permission.scope",
            )
    return tuple(scope for scope in SCOPES if scope in set(scopes))


def _check_works(token: Token, now: str) -> None:
    if token.revoked or token.expires <= now:
        raise _bad(f"It was revoked {token.revoked}." if token.revoked else f"It expired {token.expires}.")


def _check_life(life_s: float) -> None:
    if not 60 <= life_s <= LONGEST_LIFE_S:
        raise UsageError(
            "A token cannot live that long, or that short",
            where=f"{life_s:g} s",
            why=f"It is at least 60 and at most {LONGEST_LIFE_S} seconds.",
        )


def _check_count(connection: Connection, user: str, now: str) -> None:
    works = (TOKENS.c.user == user) & TOKENS.c.revoked.is_(None) & (TOKENS.c.expires > now)
    if (connection.scalar(select(func.count()).select_from(TOKENS).where(works)) or 0) >= MOST_TOKENS:
        raise UsageError(
            f"You have {MOST_TOKENS} tokens", next_step="revoke those that you do not use: recast token ls"
        )


def _described(user: str, name: str, scopes: tuple[str, ...], now: str, expires: str, parent: Token | None) -> Token:
    shown = one_line(name.strip(), 80) or "nameless"
    until = min(expires, parent.expires) if parent else expires
    return Token(new_id("t"), user, shown, scopes, now, until, parent=parent.id if parent else "")


def _token(row: Row[tuple[object, ...]]) -> Token:
    it = row._mapping
    texts = {name: it[name] or "" for name in ("id", "user", "name", "created", "expires", "used", "revoked", "parent")}
    return Token(**texts, scopes=tuple(it["scopes"]))


def _bad(why: str) -> CredentialsProblem:
    return CredentialsProblem(
        "The token is not accepted", why=why, next_step="recast login URL   gets a new one", code="permission.token"
    )
