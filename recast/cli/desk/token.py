"""`recast token`: tokens for programs, with a name, scopes and an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from recast.cli.desk.connect import connected, server_option
from recast.cli.output import emit, hand_over_file, message, output_option
from recast.desk.model import SCOPES
from recast.errors import RecastError, StoreError

if TYPE_CHECKING:
    from recast.operations.desk.server import Server

__all__ = ["token"]

_DAY_S = 86_400


@click.group()
def token() -> None:
    """Manage your tokens at a service: what a program may do in your name."""


@token.command(
    "new",
    epilog="\b\nExamples:\n  recast token new nightly --scope read --scope request --days 30 > token.txt\n"
    "  recast token new reader -o json",
)
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="What it may do [default: read].")
@click.option("--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How long it is valid.")
@server_option
@output_option
def new(name: str, scopes: tuple[str, ...], days: int, server: str | None, output: str) -> None:
    """Make a token called NAME and print its secret, once. It never may more than you."""
    import json

    from recast.operations.desk.calls import make_token

    service = connected(server)
    found = make_token(service, name, list(scopes or ["read"]), days * _DAY_S)
    text = found["token"] if output == "table" else json.dumps(found)
    try:
        hand_over_file(f"{text}\n".encode())
    except OSError as problem:
        _revoke_lost(service, found["id"])
        raise StoreError.of(
            problem, "The secret could not be handed over", "standard output", f"recast token new {name} > FILE"
        ) from problem
    except KeyboardInterrupt:
        _revoke_lost(service, found["id"])
        raise
    if output == "table":
        message(f"token {found['id']}, until {found['expires']}: it is not shown again")


def _revoke_lost(service: Server, token: str) -> None:
    """Revoke a token whose secret nobody has got."""
    from recast.operations.desk.calls import revoke_token

    try:
        revoke_token(service, token)
        message(f"token {token} is revoked: its secret was lost")
    except RecastError as problem:
        message(f"the secret of token {token} was lost ({problem.what}): recast token rm {token}")


@token.command("ls", epilog="\b\nExample:\n  recast token ls")
@server_option
@output_option
def list_tokens(server: str | None, output: str) -> None:
    """List your tokens: name, scopes, when they end and when they were last used; never their secrets."""
    from recast.operations.desk.calls import tokens

    rows = list(tokens(connected(server)))
    shown = [{**row, "scopes": " ".join(row["scopes"])} for row in rows] if output in ("table", "csv") else rows
    emit(rows, shown, ("id", "name", "scopes", "created", "expires", "used"), output)


@token.command("rm", epilog="\b\nExample:\n  recast token rm tk3f9q2x7a")
@click.argument("tokens", nargs=-1, required=True, metavar="ID...")
@server_option
def remove(tokens: tuple[str, ...], server: str | None) -> None:
    """Revoke tokens; whatever uses them is refused from now on."""
    from recast.operations.desk.calls import revoke_token

    service = connected(server)
    for one in tokens:
        revoke_token(service, one)
        message(f"{one} is revoked")
