"""`recast login` and `recast logout`: a token for a service, kept in a file that only its owner can read."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recast.cli.desk.connect import server_at
from recast.cli.output import emit, hand_over, message, output_option
from recast.errors import RecastError, UsageError
from recast.paths import places

if TYPE_CHECKING:
    from recast.operations.desk.logins import Login, Logins

__all__ = ["login", "logout"]

EPILOG = """
\b
Examples:
  recast login https://recast.example.org          opens a page where you confirm a code
  recast login http://127.0.0.1:8470 --local       name and password of an account of the service itself
  recast login URL --token-file token.txt          a token that was made elsewhere ('-' reads standard input)
  recast login                                     lists your logins
"""


@click.command(epilog=EPILOG)
@click.argument("url", required=False)
@click.option("--local", is_flag=True, help="Use an account of the service itself, not that of its provider.")
@click.option("--token-file", type=click.Path(path_type=Path), help="Use the token in this file.")
@output_option
def login(url: str | None, local: bool, token_file: Path | None, output: str) -> None:
    """Log in to the service at URL. The token is kept in your state directory, readable by you alone.

    Later commands speak to the service of the last login, unless --server or RECAST_SERVER names another.
    """
    from recast.operations.desk.login import Asking, log_in, log_in_by_token
    from recast.operations.desk.logins import Logins, address_of, token_in

    logins = Logins(places().state_dir)
    if url is not None:
        address = address_of(url)
        logins.all()  # what cannot be kept is said before somebody goes to a browser for it
        if token_file is not None:
            found = log_in_by_token(server_at(address, token_in(token_file)))
        else:
            found = log_in(server_at(address), Asking(_credentials, _show), local=local or None)
        _keep(logins, found)
        message(f"logged in to {found.server}{f' as {found.user}' if found.user else ''}")
        return
    rows = [{"server": it.server, "user": it.user, "expires": it.expires} for it in logins.all().values()]
    emit(rows, rows, ("server", "user", "expires"), output)
    if not rows:
        message("you have not logged in to any service; recast login URL")


@click.command(epilog="\b\nExample:\n  recast logout https://recast.example.org")
@click.argument("url")
def logout(url: str) -> None:
    """Revoke the token of a login and forget it."""
    from recast.operations.desk.calls import revoke_token
    from recast.operations.desk.logins import Logins, address_of

    logins = Logins(places().state_dir)
    known = logins.all().get(address_of(url))
    if known is None:
        raise UsageError("You are not logged in there", where=url, next_step="recast login")
    logins.forget(known.server)
    try:
        if known.token_id:
            revoke_token(server_at(known.server, known.token), known.token_id)
    except RecastError as problem:
        message(f"note: the token is forgotten here, but could not be revoked: {problem.what}")
    message(f"logged out of {known.server}")


def _keep(logins: Logins, found: Login) -> None:
    """Keep a login; a token that cannot be kept is revoked, since nobody would know of it."""
    from recast.operations.desk.calls import revoke_token

    try:
        logins.keep(found)
    except (RecastError, KeyboardInterrupt):
        if found.token_id:
            with suppress(RecastError):
                revoke_token(server_at(found.server, found.token), found.token_id)
        raise


def _credentials() -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise UsageError(
            "A password is asked for on a terminal only",
            next_step="recast login URL --token-file FILE   (with a token made by 'recast token new')",
        )
    name = click.prompt("Name", err=True)
    return name, click.prompt("Password", hide_input=True, err=True)


def _show(address: str, code: str) -> None:
    """Show where to confirm which code; as they are, since a code in an address would be masked as a secret."""
    hand_over(f"open    {address}")
    hand_over(f"code    {code}")
    message("waiting until you have confirmed it there; Ctrl-C gives up")
