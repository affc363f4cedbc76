"""Log in to a service: by name and password, or with a code that is confirmed in a browser, on any machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from recast.errors import CredentialsProblem, NetworkError, NotFound
from recast.json_types import JsonDict, JsonObject
from recast.operations.desk.logins import Login
from recast.operations.desk.server import Server

__all__ = ["Asking", "log_in", "log_in_by_token"]

_LONGEST_INTERVAL_S = 60.0


@dataclass(frozen=True, slots=True)
class Asking:
    """What a login asks of the person: `credentials` returns name and password, `show` says where to enter the code."""

    credentials: Callable[[], tuple[str, str]]
    show: Callable[[str, str], None]
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic


def log_in(server: Server, asking: Asking, *, local: bool | None = None, label: str = "recast login") -> Login:
    """Return a login; `local` chooses an account of the service itself (None: only if there is nothing else).

    Raises NotFound if the service has no such way, PermissionDenied if it refuses.
    """
    ways = server.get("/login").document
    if local is None:
        local = not ways.get("oidc")
    if (local and not ways.get("local")) or (not local and not ways.get("oidc")):
        raise NotFound(
            "The service offers no such login",
            where=server.address,
            why="It has accounts of its own." if ways.get("local") else "It has no accounts of its own.",
            next_step=f"recast login {server.address} {'--local' if ways.get('local') else ''}".rstrip(),
        )
    return _kept(server, _by_password(server, asking, label) if local else _by_device(server, asking, label))


def log_in_by_token(server: Server) -> Login:
    """Return a login with a token that was made elsewhere; raises CredentialsProblem if it does not work."""
    server.get("/tokens")
    return Login(server.address, server.token)


def _by_password(server: Server, asking: Asking, label: str) -> JsonDict:
    name, password = asking.credentials()
    found: JsonDict = server.post("/login/local", {"login": name, "password": password, "name": label}).document
    return found


def _by_device(server: Server, asking: Asking, label: str) -> JsonDict:
    """Show the code, then ask again and again until the person has said yes or no, or the code has expired."""
    begun = server.post("/login/device", {}).document
    asking.show(begun.get("verification_uri_complete") or begun["verification_uri"], begun["user_code"])
    wait_s = min(_LONGEST_INTERVAL_S, max(0.0, float(begun["interval_s"])))
    end = asking.clock() + float(begun["expires_in_s"])
    while asking.clock() < end:
        asking.sleep(wait_s)
        told = server.post("/login/device/token", {"device": begun["device"], "name": label})
        if told.status != 202:
            found: JsonDict = told.document
            return found
        wait_s = min(_LONGEST_INTERVAL_S, wait_s + float(told.document.get("more_s", 0)))
    raise CredentialsProblem("Nobody confirmed the login in time", next_step=f"recast login {server.address}")


def _kept(server: Server, found: JsonObject) -> Login:
    token = found.get("token")
    if not isinstance(token, str) or not token:
        raise NetworkError("The service gave no token", where=server.address)
    return Login(server.address, token, str(found["token_id"]), str(found.get("user", "")), str(found["expires"]))
