"""Local accounts: the first one by a link that the first start prints, logins by password."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection

from recast.errors import CredentialsProblem, PermissionDenied, UsageError
from recast.ledger.people.invitations import invite_first, read_invitation, spend_invitation
from recast.ledger.people.roles import actor_of_user, bond
from recast.ledger.people.sessions import begin_session, end_sessions_of
from recast.ledger.people.tokens import LOGIN_SCOPES, Token, check_not_blocked, end_tokens_of, issue_token
from recast.ledger.people.users import User, any_user, find_local, find_user, make_local_user, set_password
from recast.service.identity.gate import Gate
from recast.service.identity.passwords import check_login_name, check_password, hash_of, is_right
from recast.service.identity.settings import IdentitySettings

__all__ = [
    "LOGIN_LIFE_S",
    "accept_invitation",
    "check_local",
    "first_invitation",
    "login_token",
    "password_user",
    "seat",
]

LOGIN_LIFE_S = 30 * 86400


def password_user(gate: Gate, login: str, password: str, address: str) -> User:
    """Return the user of a local account; raise CredentialsProblem, the same for a wrong name and a wrong password.

    Raises PermissionDenied where there are no local accounts, TooOften after some wrong attempts.
    """
    check_local(gate.settings)
    name = login.strip().lower()[:64]
    gate.rates.login(name, address)
    found = _account(gate, name)
    with gate.hashing(address):
        right = is_right(password, found[1] if found else "")
    if not right or found is None:
        raise CredentialsProblem(
            "The name or the password is wrong",
            next_step="try again; an administrator can send you a link for a new password",
            code="permission.login",
        )
    check_not_blocked(found[0].blocked)
    gate.rates.login_succeeded(name, address)
    return found[0]


def check_local(settings: IdentitySettings) -> None:
    """Raise PermissionDenied where there are no local accounts: nobody logs in to one, or is invited to one."""
    if not settings.local_accounts:
        raise PermissionDenied(
            "This service has no local accounts",
            next_step="log in with the provider: recast login URL",
            code="permission.local-accounts",
        )


def seat(gate: Gate, user: User, how: str, before: str) -> str:
    """Begin a session of a user who has just proven who they are, and end the one that the browser had before."""
    with gate.ledger.writing() as connection:
        return begin_session(connection, user.id, how, gate.now(), before)


def login_token(
    gate: Gate, user: User, name: str, scopes: Collection[str] = LOGIN_SCOPES, life_s: float = LOGIN_LIFE_S
) -> tuple[str, Token]:
    """Return a new token for the command line of a user who has just proven who they are."""
    with gate.ledger.writing() as connection:
        actor = actor_of_user(connection, user.id)
        return issue_token(connection, actor, name, scopes or LOGIN_SCOPES, life_s, gate.now())


def first_invitation(gate: Gate) -> str:
    """Return the secret of an invitation for the first administrator; empty if somebody has an account already.

    Those that earlier starts have printed are worth nothing from here on.
    """
    with gate.ledger.writing() as connection:
        return "" if any_user(connection) else invite_first(connection, gate.now())


def accept_invitation(gate: Gate, secret: str, login: str, password: str) -> User:
    """Make the account that an invitation offers, or set the password of the one that it is for.

    A new password ends all sessions and tokens: whoever had the old one is out. Raises NotFound or UsageError,
    PermissionDenied where there are no local accounts; an invitation is spent only if all went well.
    """
    check_local(gate.settings)
    now = gate.now()
    with gate.ledger.reading() as connection:  # before the dear hash
        read_invitation(connection, secret, now)
    hashed = _hash_checked(password, login)

    def change(connection: Connection) -> User:
        invitation = spend_invitation(connection, secret, now)
        if invitation.user:
            set_password(connection, invitation.user, hashed, invitation.user, now)
            end_sessions_of(connection, invitation.user)
            end_tokens_of(connection, invitation.user, invitation.user, now)
            return find_user(connection, invitation.user)
        user = make_local_user(connection, check_login_name(login), hashed, "service", now)
        if invitation.role:
            bond(connection, "role", user.id, invitation.role, "service", now)
        return user

    return gate.ledger.write(change)


def _account(gate: Gate, name: str) -> tuple[User, str] | None:
    """Return a local account and the hash of its password; no database is asked for a text that is no name."""
    try:
        check_login_name(name)
    except UsageError:
        return None
    with gate.ledger.reading() as connection:
        return find_local(connection, name)


def _hash_checked(password: str, login: str) -> str:
    check_password(password, login.strip().lower())
    return hash_of(password)
