"""Login of programs: by name and password, or by a device code that a person enters at the provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from recast.errors import NotFound
from recast.ledger.people.users import User
from recast.service.identity.gate import Gate
from recast.service.identity.local import login_token, password_user
from recast.service.identity.oidc.device import Pending, begin_device, poll_device
from recast.service.identity.oidc.provider import Provider
from recast.service.identity.routes.documents import (
    Begun,
    DeviceCode,
    LoggedIn,
    NameAndPassword,
    StillPending,
    Ways,
)
from recast.service.identity.routes.door import door_of

__all__ = ["PREFIX", "router"]

PREFIX = "/api/v1/login"
_Answers = dict[int | str, dict[str, Any]]

_WAYS: _Answers = {200: {"model": Ways, "description": "The ways to log in"}}
_IN: _Answers = {200: {"model": LoggedIn, "description": "A token, which is never shown again"}}
_OF_PROVIDER: _Answers = {
    404: {"description": "There is no provider, or it has no device flow"},
    502: {"description": "The provider said what is not accepted"},
}
_BEGUN: _Answers = _OF_PROVIDER | {
    200: {"model": Begun, "description": "What to show to the person, and what to ask with"}
}
_POLLED: _Answers = _OF_PROVIDER | _IN | {202: {"model": StillPending, "description": "Not yet; ask again"}}


def router(gate: Gate) -> APIRouter:
    """Return the routes, all below PREFIX."""
    api = _Api(gate)
    made = APIRouter(prefix=PREFIX, tags=["login"], route_class=door_of(gate))
    made.get("", responses=_WAYS)(api.ways)
    made.post("/local", responses=_IN)(api.by_password)
    made.post("/device", responses=_BEGUN)(api.begin)
    made.post("/device/token", responses=_POLLED)(api.poll)
    return made


class _Api:
    """The handlers; those that log in begin with `let_in`."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._provider = Provider(gate.settings.oidc) if gate.settings.oidc else None

    def ways(self) -> Response:
        """Say how one can log in here."""
        oidc = {"name": self._provider.settings.name} if self._provider else None
        return JSONResponse({"local": bool(self._gate.settings.local_accounts), "oidc": oidc})

    def by_password(self, request: Request, asked: NameAndPassword) -> Response:
        """Log in to a local account, and get a token."""
        shown = self._gate.let_in(request)
        user = password_user(self._gate, asked.login, asked.password, shown.address)
        return _logged_in(self._gate, user, asked.name, asked.scopes)

    def begin(self, request: Request) -> Response:
        """Begin a login at the provider; the person goes on in a browser, on any machine."""
        address = self._gate.let_in(request).address
        self._gate.rates.begin_login(address)
        with self._gate.calling(address):
            return JSONResponse(begin_device(_there(self._provider)))

    def poll(self, request: Request, asked: DeviceCode) -> Response:
        """Ask whether the person has said yes, and get a token if so."""
        gate = self._gate
        address = gate.let_in(request).address
        gate.rates.poll(address)
        with gate.calling(address):
            found = poll_device(gate, _there(self._provider), asked.device, gate.clock())
        if isinstance(found, Pending):
            return JSONResponse({"state": "pending", "more_s": found.more_s}, 202)
        return _logged_in(gate, found, asked.name, asked.scopes)


def _there(provider: Provider | None) -> Provider:
    if provider is None:
        raise NotFound("This service has no OIDC provider", next_step="recast login URL --user NAME")
    return provider


def _logged_in(gate: Gate, user: User, name: str, scopes: Sequence[str]) -> Response:
    secret, token = login_token(gate, user, name, scopes)
    document = {"token": secret, "token_id": token.id, "name": token.name, "scopes": list(token.scopes)}
    return JSONResponse(document | {"expires": token.expires, "user": user.name, "user_id": user.id})
