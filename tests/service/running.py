"""A service in this process, on a free port of loopback, with people who have tokens."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from recast.desk.model import SCOPES, Actor
from recast.ledger import Ledger
from recast.ledger.catalogue.records import AnalysisRecord, VersionRecord
from recast.ledger.people.roles import actor_of_user, bond
from recast.ledger.people.tokens import issue_token
from recast.ledger.people.users import make_local_user
from recast.service.app import create_app
from recast.service.identity import Identity, IdentitySettings
from recast.service.live.watch import Watch
from recast.service.parts import Parts
from recast.service.settings import Settings
from tests.waiting import until

API = "/api/v1"
ANALYSIS = "atlas-test-2026-01"


@dataclass
class Clock:
    """A clock that goes as a test wants."""

    time: float = 1_764_500_000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Running:
    """A running service."""

    url: str
    parts: Parts
    clock: Clock
    people: dict[str, str] = field(default_factory=dict)
    clients: list[httpx2.Client] = field(default_factory=list)

    def client(self, token: str = "", **headers: str) -> httpx2.Client:
        """Return a client with a token; without one it is a stranger's."""
        given = {**({"Authorization": f"Bearer {token}"} if token else {}), **headers}
        made = httpx2.Client(base_url=self.url + API, headers=given, timeout=300, trust_env=False)
        self.clients.append(made)
        return made

    def publish(
        self,
        analysis: str = ANALYSIS,
        policy: str = "on-acceptance",
        status: str = "published",
        reason: str = "",
        quota_core_hours: float = 0.0,
        plot: dict[str, Any] | None = None,
        **metadata: Any,
    ) -> None:
        """Put an analysis into the index, as if it were published; `plot` is what its entry declares of plots."""
        about = {"title": f"The search {analysis}", "collaboration": "ATLAS", "sqrts_tev": 13, **metadata}
        digest = f"sha256:{hashlib.sha256(analysis.encode()).hexdigest()}"
        version = VersionRecord(analysis, "1.0.0", digest, status, reason, about, plot=plot or {})
        card = {"policy": policy, "contacts": ["contact@example.org"], "quota_core_hours": quota_core_hours}
        self.parts.ledger.catalogue.put([AnalysisRecord((version,), card, "1")])

    def person(self, name: str, *scopes: str, roles: str = "", contact: str = "", coordinator: str = "") -> str:
        """Make a person once, give them what they are, and return a token of theirs."""
        gate = self.parts.identity.gate
        now = gate.now()
        with gate.ledger.writing() as connection:
            if name not in self.people:
                self.people[name] = make_local_user(connection, name, "", "test", now).id
            user = self.people[name]
            for kind, words in (("role", roles), ("contact", contact), ("coordinator", coordinator)):
                for word in words.split():
                    bond(connection, kind, user, word, "test", now)  # type: ignore[arg-type]
            owner = actor_of_user(connection, user)
            allowed = [s for s in SCOPES if s not in ("operate", "admin") or owner.roles]
            if owner.roles == {"operator"}:
                allowed.remove("admin")
            return issue_token(connection, owner, "test", scopes or allowed, 86400, now)[0]

    def act(self, client: httpx2.Client, request: str, action: str, **data: Any) -> httpx2.Response:
        """Do an action."""
        return client.post(f"/requests/{request}/actions", json={"action": action, **data})


def no_faults(document: dict[str, Any], actor: Actor, ledger: Ledger) -> dict[str, Any]:
    """Say that every point can be answered: the analyses of these tests are in the index alone."""
    found: dict[str, list[Any]] = {key: [] for key in ("searches", "uncovered", "faults", "nearest")}
    return {"read": None, "version": None, **found, "cost": {"core_hours": 1.0}}


@contextlib.contextmanager
def running(folder: Path, base_url: str = "", database: str = "") -> Iterator[Running]:
    """Run a service until the end of the block, on an empty database or, without one, on a file in `folder`."""
    clock = Clock()
    ledger = Ledger(database or f"sqlite:///{folder / 'ledger.sqlite'}", clock)
    identity = IdentitySettings(base_url=base_url, local_accounts=True, requests_per_minute=10**9)
    settings = Settings(database or str(ledger.database.url), identity)
    parts = Parts(
        settings, ledger, Identity(ledger, identity, clock), clock, Watch(ledger.changes.after, 0.02), check=no_faults
    )
    with ledger, _answering(parts) as url:
        service = Running(url, parts, clock)
        try:
            yield service
        finally:
            for client in service.clients:
                client.close()


@contextlib.contextmanager
def shared(folders: pytest.TempPathFactory) -> Iterator[Running]:
    """Run a service with a home of its own, for the tests of a whole module."""
    with pytest.MonkeyPatch.context() as patch, running(folders.mktemp("service")) as service:
        patch.setenv("RECAST_HOME", str(folders.mktemp("home")))
        yield service


@contextlib.contextmanager
def _answering(parts: Parts) -> Iterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        create_app(parts), log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])), name="web", daemon=True)
    thread.start()
    until(lambda: server.started or not thread.is_alive(), "the service answers")
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
