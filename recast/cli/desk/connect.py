"""Which service a command speaks to, and as whom."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recast.paths import places

if TYPE_CHECKING:
    from recast.operations.desk.server import Server

__all__ = ["connected", "server_at", "server_option"]

FILE_VARIABLE = "RECAST_TOKEN_FILE"

F = TypeVar("F", bound=Callable[..., Any])


def server_option(function: F) -> F:
    """Add `--server URL`, passed as `server`."""
    return click.option(
        "--server", metavar="URL", help="Address of the service [default: RECAST_SERVER, else the last login]."
    )(function)


def connected(named: str | None) -> Server:
    """Return the service that was named, with a token: of `RECAST_TOKEN_FILE`, else of the user's login, else none."""
    from recast.operations.desk.logins import Logins, chosen_server, token_in

    logins = Logins(places().state_dir).all()
    address = chosen_server(named, logins, os.environ)
    if file := os.environ.get(FILE_VARIABLE):
        return server_at(address, token_in(Path(file).expanduser()))
    return server_at(address, logins[address].token if address in logins else "")


def server_at(address: str, token: str = "") -> Server:
    """Return the service at an address, waited for as long as `RECAST_HTTP_TIMEOUT_S` says if it says anything."""
    from recast.operations.desk.server import Server
    from recast.remote.hosts import timeout_of

    wanted = os.environ.get("RECAST_HTTP_TIMEOUT_S")
    return Server(address, token, timeout_of(os.environ)) if wanted else Server(address, token)
