"""Who may do what: generated from `may`, asserted against the running service by every route and scope of a token."""

from __future__ import annotations

import html
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import httpx2
import pytest

from recast.desk.may import Said, may
from recast.desk.model import AUDIENCES, SCOPES, Actor, Request
from recast.desk.objects import Analysis, Given, Operations, Person, Run, Service, Thing, Token, Upload
from recast.desk.permissions import RULES
from recast.desk.transitions import ACTIONS as STEPS
from recast.ledger.people.links import make_link
from recast.ledger.people.roles import actor_of_user
from recast.ledger.people.tokens import issue_token
from recast.service.around.size import FORMS
from recast.service.pages.assets import asset_path
from recast.service.routes import ACTIONS, BY_BODY
from tests.service.pages.shelf import put, record
from tests.service.running import ANALYSIS, Running, shared
from tests.service.staged import Staged
from tests.service.test_runs import PICTURE, picture

STATES = ("draft", "submitted", "released")
"""Those that `may` tells apart."""

_ONCE = ("service", "operations", "analysis", "token", "person", "upload")
"""Kinds of things that are not made for each state and audience."""

_NEVER = {"If-Match": '"0"'}
"""No request has this version, so that what is allowed is still not done."""

HOSTILE = {"analysis": "atlas-at-once", "version": "1.0.0", "policy": "at-once", "digest": "sha256:0", "user": "root"}
"""What a client may send with any action: it changes nothing about who may do it."""

NAMED = "atlas-named-2026-01"
"""It has a version whose number ends as the address of a document does."""

SKIPPED = {"GET /login/oidc", "GET /login/oidc/return", "POST /api/v1/login/device", "POST /api/v1/login/device/token"}
"""They lead to a provider, which this service has not: tests/service/identity."""


@dataclass(frozen=True)
class Who:
    """Somebody with a token (or a link, or nothing), and who that is to the desk."""

    name: str
    client: httpx2.Client
    actor: Actor
    held: frozenset[str] = frozenset({"read"})


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with shared(tmp_path_factory) as service:
        yield service


@pytest.fixture(scope="module")
def requests(service: Running, tmp_path_factory: pytest.TempPathFactory) -> list[Request]:
    folder = tmp_path_factory.mktemp("run")
    staged = Staged(service)
    service.publish(HOSTILE["analysis"], "at-once")
    put(service, record(NAMED, "1.0.0-rc.json"))
    made = [staged.request(state, audience) for state, audience in itertools.product(STATES, AUDIENCES)]
    for request in made:
        run = staged.run(request, folder=str(folder))
        picture(service, run)
        log = folder / "jobs"  # that of every attempt that the picture names
        for step in PICTURE["steps"]:
            for attempt in step.get("attempts_list", ()):
                (log / str(attempt["job_id"])).mkdir(parents=True, exist_ok=True)
                (log / str(attempt["job_id"]) / "log").write_text("a line\n")
    return made


@pytest.fixture(scope="module")
def everybody(service: Running, requests: list[Request]) -> list[Who]:
    return [Who("stranger", service.client(), Actor()), *_linked(service, requests), *_people(service)]


def _linked(service: Running, requests: list[Request]) -> Iterator[Who]:
    """Yield the holder of a link to a private request."""
    request = next(it for it in requests if it.audience == "private" and it.state == "submitted")
    gate = service.parts.identity.gate
    with gate.ledger.writing() as connection:
        secret, _ = make_link(connection, request.id, request.owner, "", 3600, gate.now())
    yield Who("link", service.client(secret), Actor(scopes=frozenset({"read"}), link=request.id))


def _people(service: Running) -> Iterator[Who]:
    """Yield everybody with a token of all scopes, of each single one, and of all but one."""
    service.person("bob")
    service.person("spam")
    service.person("cora", coordinator="atlas")
    service.person("otto", roles="operator")
    service.person("root", roles="administrator")
    gate = service.parts.identity.gate
    for name in ("alice", "bob", "carol", "cora", "otto", "root"):
        with gate.ledger.writing() as connection:
            owner = actor_of_user(connection, service.people[name])
            refused = {"operate": not owner.roles, "admin": "administrator" not in owner.roles}
            held = [scope for scope in SCOPES if not refused.get(scope)]
            sets = [held, *([it] for it in held), *([it for it in held if it != other] for other in held)]
            for scopes in sets:
                secret, _ = issue_token(connection, owner, "t", scopes, 3600, gate.now())
                actor = Actor(owner.user, owner.roles, owner.contact_of, owner.coordinator_of, frozenset(scopes))
                yield Who(f"{name} ({' '.join(scopes)})", service.client(secret), actor, frozenset(held))


def wrong(said: Said, answer: httpx2.Response, *, to_login: bool = False) -> str:
    """Return how an answer differs from what `may` says, or an empty text. With `to_login` it has to be the page that
    offers a stranger the login and keeps their form, whatever the form is about.
    """
    if to_login:
        fits = answer.status_code == 403 and "You are not logged in any more" in answer.text
    elif said.hidden:
        fits = answer.status_code == 404
    elif said.yes:
        fits = answer.status_code not in (401, 403, 404, 405) and answer.status_code < 500
    else:
        fits = answer.status_code == 403 and said.why == _why(answer, said.why)
    return "" if fits else f"{said} but {answer.status_code} {answer.text[:200]}"


def _why(answer: httpx2.Response, why: str) -> str:
    """Return why not, as a document says it; of a page, whether it says what is expected."""
    if answer.headers["content-type"] == "application/problem+json":
        return str(answer.json()["why"])
    return why if why in html.unescape(answer.text) else answer.text[:200]


def _is_form(route: str) -> bool:
    return route.startswith("POST /") and not route.startswith(("POST /api/", "POST /login", "POST /logout"))


@pytest.mark.slow
def test_every_action_on_a_request(service: Running, requests: list[Request], everybody: list[Who]) -> None:
    found = []
    for request, who, action in itertools.product(requests, everybody, sorted(STEPS)):
        if action == "draft" or not _tells_apart(who, ("request", action)):
            continue
        said = may(who.actor, action, request)
        body = {"action": action, **HOSTILE}
        answer = who.client.post(f"/requests/{request.id}/actions", json=body, headers=_NEVER)
        if why := wrong(said, answer):
            found.append(f"{who.name}: {action} {request.state} {request.audience}: {why}")
    assert not found, "\n".join(found[:20])


def _tells_apart(who: Who, row: tuple[str, str]) -> bool:
    """Return whether a token says something about a row: with all its owner's scopes, with the one that the row needs
    alone, and with all but that one.
    """
    scopes, needed = who.actor.scopes, RULES[row].scope
    return scopes is None or scopes in (who.held, who.held - {needed}, who.held & {needed})


@pytest.mark.rare
def test_every_route(service: Running, requests: list[Request], everybody: list[Who]) -> None:
    found, asked = [], set()
    for route, (kind, action) in ACTIONS.items():
        if action == BY_BODY or route in SKIPPED:
            continue
        things = [None] if kind in _ONCE else requests
        for thing, who in itertools.product(things, everybody):
            if not _tells_apart(who, (kind, action)):
                continue
            said, answer = _ask(service, route, kind, action, thing, who)
            asked.add(route)
            if why := wrong(said, answer, to_login=_is_form(route) and not who.actor.user and not said.yes):
                found.append(
                    f"{who.name}: {route} {getattr(thing, 'state', '')} {getattr(thing, 'audience', '')}: {why}"
                )
    assert not found, "\n".join(found[:20])
    assert asked == {it for it in ACTIONS if ACTIONS[it][1] != BY_BODY} - SKIPPED


def _ask(
    service: Running, route: str, kind: str, action: str, request: Request | None, who: Who
) -> tuple[Said, httpx2.Response]:
    """Ask a route about a thing, and return what `may` says and what the service answers."""
    method, path = route.split(" ")
    names = {"analysis": ANALYSIS, "version": "1.0.0", "code": "usage", "digest": "sha256:0", "secret": "rcl_0"}
    names["file"] = "cls.png" if path.startswith("/docs") else asset_path("style.css").rpartition("/")[2]
    names["name:path"] = "reference/pages"
    thing: Thing
    if request is not None:
        answers = [it for point in request.points for it in point.answers]
        names |= {"point": "p1", "file": "limits.svg" if "/charts/" in path else "answers.csv"}
        names |= {"id": request.id, "run": f"run-{request.id}", "answer_id": "a1", "step:path": "fit/0", "link": "l0"}
        of_it: dict[str, Thing] = {"request": request, "run": Run(request)}
        thing = of_it.get(kind) or (Given(request, answers[0]) if answers else request)
    else:
        bob, me = service.people["spam" if route.endswith("block") else "bob"], who.actor.user
        names |= {"id": "t0", "user": bob, "kind": "contact", "to": "atlas-other"}
        things: dict[str, Thing] = {
            "service": Service(), "operations": Operations(), "analysis": Analysis(ANALYSIS, "atlas"),
            "upload": Upload(me), "token": Token(me, frozenset({"read"})), "person": Person(bob),
        }  # fmt: skip
        thing = things[kind]
    if "{link}" in path and request is not None:
        names["link"] = _link_to(service, request)
    if path.endswith(".json/"):
        names |= {"analysis": NAMED, "version": "1.0.0-rc"}
    if "/known/" in path:
        names["analysis"] = "atlas-susy-2019-09"
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    said = Said(yes=False, hidden=True) if _is_gone(route, request) else may(who.actor, action, thing)
    if route == "POST /requests/{id}/edit" and not who.actor.user:
        said = Said(
            yes=False, why="Nothing was done yet"
        )  # whatever it is about: they keep what they wrote, and log in
    url = service.url + path + ("?step=/fit/0" if path.endswith(("/log", "/log/file")) else "")
    if path.endswith("/events"):
        return said, _opened(who.client, url)
    return said, who.client.request(method, url, headers=_NEVER, **_body(route))  # type: ignore[arg-type]


def _link_to(service: Running, request: Request) -> str:
    """Make a link to a request, so that there is one to revoke; return its id."""
    gate = service.parts.identity.gate
    with gate.ledger.writing() as connection:
        return make_link(connection, request.id, request.owner, "", 3600, gate.now())[1].id


def _body(route: str) -> dict[str, object]:
    """Return a body that a route takes, or refuses only after it has asked who may."""
    bodies: dict[str, object] = {
        "POST /api/v1/check": {"points": [{"coordinates": {"m": 1}}]},
        "POST /api/v1/requests": {"title": "", "points": [{"coordinates": {"m": []}}]},
        "PATCH /api/v1/requests/{id}": {"title": "x"},
        "POST /api/v1/requests/{id}/links": {"note": "x"},
        "POST /api/v1/people/{user}/block": {"reason": "x"},
        "POST /api/v1/people/{user}/quota": {"what": "core_hours", "most": 5},
        "POST /api/v1/invitations": {},
        "POST /api/v1/tokens": {"name": "x", "scopes": ["read"]},
        "PUT /api/v1/analyses/{analysis}/card": {"policy": "whatever comes"},
    }
    forms = {
        "POST /requests/{id}/links": {"note": "x"},
        "POST /account/tokens": {"name": "x", "scopes": "read"},
        **{route: {"do": "add-axis", "text": ""} for route in FORMS},
    }
    if _is_form(route):
        return {"data": forms.get(route, {"on": "1"})}
    return {"json": bodies[route]} if route in bodies else {}


def _is_gone(route: str, request: Request | None) -> bool:
    """Return whether a route leads to something that is not there, whoever asks."""
    if request is None:
        gone = (
            "DELETE /api/v1/tokens",
            "POST /account/tokens/",
            "DELETE /api/v1/uploads",
            "GET /links",
            "GET /login/inv",
            "GET /hepdata",
        )
        return route.startswith(gone)
    return "{answer_id}" in route and not any(point.answers for point in request.points)


def _opened(client: httpx2.Client, url: str) -> httpx2.Response:
    """Return the beginning of a stream, which has no end; the whole answer if it is a refusal."""
    with client.stream("GET", url) as answer:
        if answer.status_code != 200:
            answer.read()
        return answer
