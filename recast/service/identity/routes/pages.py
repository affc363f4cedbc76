"""Login of browsers: forms, the way to the provider and back, invitations, links for referees, logout."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from recast.errors import InputError, NotFound
from recast.ledger.people.flows import LIFE_S as FLOW_LIFE_S
from recast.ledger.people.invitations import read_invitation
from recast.ledger.people.links import link_left_s, read_link
from recast.ledger.people.sessions import LIFE_S, end_session
from recast.ledger.people.users import User, find_user
from recast.service.identity.cookies import cookie_of, forget_cookie, set_cookie
from recast.service.identity.csp import FORM_POLICY
from recast.service.identity.gate import Gate
from recast.service.identity.local import accept_invitation, check_local, password_user, seat
from recast.service.identity.oidc.browser import RETURN_PATH, begin, come_back
from recast.service.identity.oidc.provider import Provider
from recast.service.identity.origins import HOME, safe_return
from recast.service.identity.routes.door import door_of
from recast.service.identity.routes.forms import invitation_page, login_page
from recast.service.identity.shown import Shown

__all__ = ["router"]

_MOST_FORM_BYTES = 8192
_MOST_FIELDS = 10


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a posted form; raise InputError for anything else."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    try:
        if kind != "application/x-www-form-urlencoded" or len(body) > _MOST_FORM_BYTES:
            raise ValueError("it is of another kind, or too long")
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as problem:
        raise InputError("This is not a filled form", why=str(problem)[:200], code="request.invalid") from None
    return dict(fields)


Form = Annotated[dict[str, str], Depends(_form)]


def router(gate: Gate) -> APIRouter:
    """Return the routes, which are no part of the API's description."""
    pages = _Pages(gate)
    made = APIRouter(include_in_schema=False, route_class=door_of(gate))
    for method, path, answer in (
        ("GET", "/login", pages.login),
        ("POST", "/login/local", pages.by_password),
        ("GET", "/login/oidc", pages.away),
        ("GET", RETURN_PATH, pages.back),
        ("POST", "/logout", pages.logout),
        ("GET", "/login/invitation", pages.invitation),
        ("POST", "/login/invitation", pages.accept),
        ("GET", "/links/{secret}", pages.follow),
    ):
        made.add_api_route(path, answer, methods=[method])
    return made


class _Pages:
    """The handlers; each begins with `let_in`."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._settings = gate, gate.settings
        self._provider = Provider(gate.settings.oidc) if gate.settings.oidc else None

    def login(self, to: str = HOME) -> Response:
        local, name = bool(self._settings.local_accounts), self._provider.settings.name if self._provider else ""
        return _page(login_page(self._settings.prefix, local=local, provider=name, to=safe_return(to)))

    def by_password(self, request: Request, form: Form) -> Response:
        shown = self._gate.let_in(request)
        user = password_user(self._gate, form.get("login", ""), form.get("password", ""), shown.address)
        return _seated(self._gate, shown, user, "local", form.get("to", HOME))

    def away(self, request: Request, to: str = HOME) -> Response:
        shown = self._gate.let_in(request)
        self._gate.rates.begin_login(shown.address)
        with self._gate.calling(shown.address):
            leaving = begin(self._gate, _there(self._provider), safe_return(to), _base(self._gate, shown))
        answer = RedirectResponse(leaving.url, 303)
        set_cookie(answer, self._settings, "login", leaving.browser, FLOW_LIFE_S)
        return answer

    def back(self, request: Request) -> Response:
        gate = self._gate
        shown = gate.let_in(request)
        browser, query = cookie_of(shown, self._settings, "login"), dict(request.query_params)
        with gate.calling(shown.address):
            user, to = come_back(gate, _there(self._provider), query, browser, _base(gate, shown), gate.clock())
        answer = _seated(gate, shown, user, "oidc", to)
        forget_cookie(answer, self._settings, "login")
        return answer

    def logout(self, request: Request) -> Response:
        shown = self._gate.let_in(request)
        if session := cookie_of(shown, self._settings, "session"):
            with self._gate.ledger.writing() as connection:
                end_session(connection, session)
        answer = _to(self._gate, HOME)
        forget_cookie(answer, self._settings, "session")
        forget_cookie(answer, self._settings, "link")
        return answer

    def invitation(self, request: Request, code: str = "") -> Response:
        gate = self._gate
        check_local(self._settings)
        with gate.counting_wrong(gate.let_in(request)), gate.ledger.reading() as connection:
            found = read_invitation(connection, code, gate.now())
            name = find_user(connection, found.user).login if found.user else ""
        return _page(invitation_page(self._settings.prefix, code, name))

    def accept(self, request: Request, form: Form) -> Response:
        shown = self._gate.let_in(request)
        with self._gate.counting_wrong(shown), self._gate.hashing(shown.address):
            user = accept_invitation(self._gate, form.get("code", ""), form.get("login", ""), form.get("password", ""))
        return _seated(self._gate, shown, user, "invitation", HOME)

    def follow(self, request: Request, secret: str) -> Response:
        gate = self._gate
        shown = gate.let_in(request)
        with gate.counting_wrong(shown), gate.ledger.reading() as connection:
            opened, left_s = read_link(connection, secret, gate.now()), link_left_s(connection, secret, gate.now())
        browser = "text/html" in shown.headers.get("accept", "")  # programs go on to the document
        answer = _to(gate, f"{'' if browser else '/api/v1'}/requests/{opened.link}")
        set_cookie(answer, self._settings, "link", secret, min(LIFE_S, left_s))
        return answer


def _there(provider: Provider | None) -> Provider:
    if provider is None:
        raise NotFound("This service has no OIDC provider")
    return provider


def _base(gate: Gate, shown: Shown) -> str:
    """Return the service's URL as this browser knows it; without a configured one it is on this machine."""
    return gate.settings.base_url.rstrip("/") or f"http://{shown.headers['host']}"


def _seated(gate: Gate, shown: Shown, user: User, how: str, to: str) -> Response:
    """Begin a session, and send the browser on to a path of ours."""
    session = seat(gate, user, how, cookie_of(shown, gate.settings, "session"))
    answer = _to(gate, safe_return(to))
    set_cookie(answer, gate.settings, "session", session, LIFE_S)
    return answer


def _to(gate: Gate, path: str) -> Response:
    return RedirectResponse(gate.settings.prefix + path, 303)


def _page(content: str) -> Response:
    return HTMLResponse(content, headers={"Content-Security-Policy": FORM_POLICY})
