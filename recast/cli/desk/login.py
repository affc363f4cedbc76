"""`recast login` and `recast logout`: a token for a service, kept in a file that only its owner can read."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from recast.cli.output import emit, message, output_option
from recast.errors import RecastError, UsageError
from recast.paths import places

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
    from recast.operations.desk.server import Server

    logins = Logins(places().state_dir)
    if url is not None:
        address = address_of(url)
        if token_file is not None:
            found = log_in_by_token(Server(address, token_in(token_file)))
        else:
            found = log_in(Server(address), Asking(_credentials, _show), local=local or None)
        logins.keep(found)
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
    from recast.operations.desk.server import Server

    logins = Logins(places().state_dir)
    known = logins.all().get(address_of(url))
    if known is None:
        raise UsageError("You are not logged in there", where=url, next_step="recast login")
    logins.forget(known.server)
    try:
        if known.token_id:
            revoke_token(Server(known.server, known.token), known.token_id)
    except RecastError as problem:
        message(f"note: the token is forgotten here, but could not be revoked: {problem.what}")
    message(f"logged out of {known.server}")


def _credentials() -> tuple[str, str]:
    if not sys.stdin.isatty():
        raise UsageError(
            "A password is asked for on a terminal only",
            next_step="recast login URL --token-file FILE   (with a token made by 'recast token new')",
        )
    name = click.prompt("Name", err=True)
    return name, click.prompt("Password", hide_input=True, err=True)


def _show(address: str, code: str) -> None:
    message(f"open    {address}")
    message(f"code    {code}")
    message("waiting until you have confirmed it there; Ctrl-C gives up")
