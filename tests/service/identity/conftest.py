"""A service of identity alone: its routes, and one route that says who asks."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from recast.errors import RecastError
from recast.ledger import Ledger
from recast.ledger.people.roles import actor_of_user, bond
from recast.ledger.people.tokens import issue_token
from recast.ledger.people.users import User, make_local_user
from recast.moments import moment
from recast.service.http.problems import problem_response
from recast.service.identity import Identity, IdentitySettings
from recast.service.identity.passwords import hash_of

BASE = "http://127.0.0.1:8470"
PASSWORD = "three unrelated words"


@dataclass
class Clock:
    """A clock that tests set."""

    now_s: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class House:
    """A service of identity, and what tests do to it."""

    ledger: Ledger
    settings: IdentitySettings
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.identity = Identity(self.ledger, self.settings, self.clock)
        self.app = app_of(self.identity)

    @property
    def now(self) -> str:
        return moment(self.clock())

    def client(self, address: str = "203.0.113.5", base: str = BASE) -> TestClient:
        return TestClient(self.app, base_url=base, client=(address, 40000), follow_redirects=False)

    def user(self, login: str = "ann", *roles: str) -> User:
        with self.ledger.writing() as connection:
            user = make_local_user(connection, login, known_hash(), "service", self.now)
            for role in roles:
                bond(connection, "role", user.id, role, "service", self.now)
            return user

    def token(self, user: User, *scopes: str, life_s: float = 3600) -> str:
        with self.ledger.writing() as connection:
            actor = actor_of_user(connection, user.id)
            return issue_token(connection, actor, "test", scopes or ("read",), life_s, self.now)[0]


@cache
def known_hash() -> str:
    return hash_of(PASSWORD)


def app_of(identity: Identity) -> FastAPI:
    app = FastAPI()
    for router in identity.routers():
        app.include_router(router)

    @app.api_route("/who", methods=["GET", "POST", "PATCH", "DELETE"])
    def who(request: Request) -> Response:
        found = identity.visitor(request)
        actor = found.actor
        scopes = sorted(actor.scopes) if actor.scopes is not None else None
        told = {"user": actor.user, "roles": sorted(actor.roles), "scopes": scopes, "link": actor.link}
        return JSONResponse(told | {"how": found.how, "name": found.name})

    @app.exception_handler(RecastError)
    async def told(request: Request, problem: RecastError) -> Response:
        return problem_response(problem, "")

    return app


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger's file: to copy it is faster than to make one."""
    path = tmp_path_factory.mktemp("empty") / "ledger.sqlite"
    Ledger(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def ledger(tmp_path: Path, empty: Path) -> Iterator[Ledger]:
    shutil.copy(empty, tmp_path / "ledger.sqlite")
    with Ledger(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        yield ledger


@pytest.fixture
def build(ledger: Ledger) -> Callable[..., House]:
    def build(**settings: object) -> House:
        return House(ledger, replace(IdentitySettings(local_accounts=True), **settings))  # type: ignore[arg-type]

    return build


@pytest.fixture
def house(build: Callable[..., House]) -> House:
    return build()
