"""Requests that have come as far as a test needs, and the people around them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import insert

from recast.desk.model import Actor, Request
from recast.ledger import tables
from tests.service.running import ANALYSIS, Running

MACHINE = Actor(machine=True)
LIMIT = {"type": "limit", "name": "limit", "cls_obs": 0.02}
ASKED = {"analysis": ANALYSIS, "title": "Winos", "points": [{"coordinates": {"m": m}} for m in (1, 2, 3)]}
ROAD = ("draft", "submitted", "accepted", "answered", "released")


class Staged:
    """Moves requests along, past the API: by what the ledger itself does."""

    def __init__(self, service: Running) -> None:
        self._service = service
        service.publish()
        service.person("alice")
        service.person("carol", contact=ANALYSIS)
        self.alice = Actor(service.people["alice"])
        self.carol = Actor(service.people["carol"], contact_of=frozenset({ANALYSIS}))

    def request(self, state: str, audience: str = "public", **asked: Any) -> Request:
        """Return a request of Alice's in a state of the road."""
        request = self.act(None, "draft", self.alice, **{**ASKED, **asked}, audience=audience)
        steps = (self._submit, self._accept, self._answer, self._release)
        for step in steps[: ROAD.index(state)]:
            request = step(request)
        assert request.state == state
        return request

    def run(self, request: Request, name: str = "", folder: str = "") -> str:
        """Note a run of a request, as if the dispatcher had created it; return its id."""
        run = name or f"run-{request.id}"
        row = {"id": run, "request": request.id, "work": 0, "noted": 0.0, "folder": folder, "state": "created"}
        with self._service.parts.ledger.writing() as connection:
            connection.execute(insert(tables.runs).values(**row, body="{}"))
        return run

    def act(self, request: str | None, action: str, actor: Actor, **data: Any) -> Request:
        """Do one action."""
        ledger = self._service.parts.ledger
        return ledger.act(request, action, actor, data, facts=ledger.catalogue.facts(ANALYSIS))

    def _submit(self, request: Request) -> Request:
        return self.act(request.id, "submit", self.alice)

    def _accept(self, request: Request) -> Request:
        return self.act(request.id, "accept", self.carol)

    def _answer(self, request: Request) -> Request:
        points = [point.id for point in request.points]
        self.act(request.id, "run", self.carol)
        self.act(request.id, "start-run", MACHINE, run="r1", points=points)
        for point in points:
            request = self.act(request.id, "answer-point", MACHINE, run="r1", point=point, results=[LIMIT])
        return request

    def _release(self, request: Request) -> Request:
        self.act(request.id, "review", self.carol)
        return self.act(request.id, "release", self.carol)


def note_run(service: Running, request: str, **outcome: Any) -> None:
    """Note how a run of a request has ended, as the dispatcher does."""
    done = {"state": "succeeded", "points": 3, "cached": 0.0, **outcome}
    row = {"kind": "run", "request": request, "event": 1, "state": "done", "not_before": 0.0}
    with service.parts.ledger.writing() as connection:
        connection.execute(insert(tables.work).values(**row, outcome=json.dumps(done)))
