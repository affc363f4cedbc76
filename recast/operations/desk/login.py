"""Log in to a service: by name and password, or with a code that is confirmed in a browser, on any machine."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from recast.errors import CredentialsProblem, NotFound
from recast.operations.desk import shapes
from recast.operations.desk.logins import Login, is_token
from recast.operations.desk.server import Server, Told, odd
from recast.worker.remote.guard import may_carry_secrets

__all__ = ["Asking", "log_in", "log_in_by_token"]

_SHORTEST_INTERVAL_S, _LONGEST_INTERVAL_S = 1.0, 60.0
_LONGEST_LOGIN_S = 3600.0
_PENDING = 202
_PAGE = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,300}(?:[/?][!-~]{0,2000})?")
"""An address without user name: what stands before an @ looks like the host."""

_CODE = re.compile(r"[!-~][ -~]{0,39}")


@dataclass(frozen=True, slots=True)
class Asking:
    """What a login asks of the person: `credentials` returns name and password, `show` says where to enter the code."""

    credentials: Callable[[], tuple[str, str]]
    show: Callable[[str, str], None]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def log_in(server: Server, asking: Asking, *, local: bool | None = None, label: str = "recast login") -> Login:
    """Return a login; `local` chooses an account of the service itself (None: only if there is nothing else).

    Raises NotFound if the service has no such way, PermissionDenied if it refuses, UsageError if password or token
    would be readable on their way.
    """
    server.check_secrets("password and your token")
    ways = server.get("/login").fitting(shapes.WAYS)
    if local is None:
        local = not ways.get("oidc")
    if (local and not ways.get("local")) or (not local and not ways.get("oidc")):
        raise NotFound(
            "The service offers no such login",
            where=server.address,
            why="It has accounts of its own." if ways.get("local") else "It has no accounts of its own.",
            next_step=f"recast login {server.address} {'--local' if ways.get('local') else ''}".rstrip(),
        )
    told = _by_password(server, asking, label) if local else _by_device(server, asking, label)
    found = told.fitting(shapes.LOGIN)
    if not is_token(found["token"]):
        raise odd(told.url, "/token is none")
    return Login(server.address, found["token"], found["token_id"], found.get("user") or "", found["expires"])


def log_in_by_token(server: Server) -> Login:
    """Return a login with a token that was made elsewhere; raises CredentialsProblem if it does not work."""
    server.get("/tokens").fitting(shapes.page_of(shapes.TOKEN))
    return Login(server.address, server.token)


def _by_password(server: Server, asking: Asking, label: str) -> Told:
    name, password = asking.credentials()
    return server.post("/login/local", {"login": name, "password": password, "name": label})


def _by_device(server: Server, asking: Asking, label: str) -> Told:
    """Show the code, then ask again and again until the person has said yes or no, or the code has expired."""
    told = server.post("/login/device", {})
    begun = told.fitting(shapes.BEGUN)
    page = begun.get("verification_uri_complete") or begun["verification_uri"]
    if not _is_page(page) or not _CODE.fullmatch(begun["user_code"]):
        raise odd(told.url, "it names no page of login with a code")
    asking.show(page, begun["user_code"])
    wait_s = _bounded(begun["interval_s"], _SHORTEST_INTERVAL_S, _LONGEST_INTERVAL_S)
    end = asking.clock() + _bounded(begun["expires_in_s"], 0.0, _LONGEST_LOGIN_S)
    while asking.clock() < end:
        asking.sleep(wait_s)
        told = server.post("/login/device/token", {"device": begun["device"], "name": label})
        if told.status != _PENDING:
            return told
        more_s = told.fitting(shapes.PENDING).get("more_s") or 0
        wait_s = _bounded(wait_s + _bounded(more_s, 0.0, _LONGEST_INTERVAL_S), wait_s, _LONGEST_INTERVAL_S)
    raise CredentialsProblem("Nobody confirmed the login in time", next_step=f"recast login {server.address}")


def _is_page(url: str) -> bool:
    """Return whether an address is one that a person may be sent to with a password: plain, whole and encrypted."""
    return _PAGE.fullmatch(url) is not None and may_carry_secrets(url)


def _bounded(value: float, least: float, most: float) -> float:
    return min(most, max(least, float(value)))
