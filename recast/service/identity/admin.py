"""The administrator whom the service makes for itself, so that a program can set it up: `--admin-token FILE`."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from recast.atomic import new_file
from recast.desk.model import SCOPES
from recast.ledger.people.roles import actor_of_user, bond
from recast.ledger.people.tokens import issue_token, revoke_token, tokens_of
from recast.ledger.people.users import find_local, make_local_user
from recast.service.identity.gate import Gate

__all__ = ["make_admin_token", "write_admin_token"]

_LOGIN = "(service)"
"""No name that anybody can choose."""

_NAME = "--admin-token"
_LIFE_S = 366 * 86400


def write_admin_token(gate: Gate, path: Path) -> None:
    """Write a new administrator's token to a file that only its owner can read; the one of an earlier start ends.

    The account has no password, so nobody logs in to it. Raises OSError.
    """
    secret = make_admin_token(gate)
    with new_file(path.parent, path.name) as file:
        file.stream.write(f"{secret}\n".encode())
        file.becomes(path, 0o600)


def make_admin_token(gate: Gate) -> str:
    """Return a new token of the administrator, with all scopes."""
    now = gate.now()

    def change(connection: Connection) -> str:
        found = find_local(connection, _LOGIN)
        user = found[0] if found else make_local_user(connection, _LOGIN, "", "service", now)
        bond(connection, "role", user.id, "administrator", "service", now)
        for token in tokens_of(connection, user.id, now):
            if token.name == _NAME:
                revoke_token(connection, user.id, token.id, "service", now)
        return issue_token(connection, actor_of_user(connection, user.id), _NAME, SCOPES, _LIFE_S, now)[0]

    return gate.ledger.write(change)
