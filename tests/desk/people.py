"""Everybody who has to do with a request, and a request that the tests move along."""

from __future__ import annotations

from typing import Any

from recast.desk.act import apply, decide
from recast.desk.facts import Facts
from recast.desk.model import Actor, Event, Request

NOW = "2026-01-31T12:00:00Z"
DIGEST = "sha256:" + "a" * 64
FACTS = Facts(id="qaaaaaaaaaa", name="Carol", version="1.0.0", digest=DIGEST, collaboration="atlas")

STRANGER = Actor()
ALICE = Actor("ualice")
BOB = Actor("ubob")
CAROL = Actor("ucarol", contact_of=frozenset({"atlas-x"}))
CORA = Actor("ucora", coordinator_of=frozenset({"atlas"}))
OTTO = Actor("uotto", roles=frozenset({"operator"}))
ADA = Actor("uada", roles=frozenset({"administrator"}))
MACHINE = Actor(machine=True)
LINKED = Actor(link="qaaaaaaaaaa")

EVERYBODY = {
    "anonymous": STRANGER,
    "holder of a link": LINKED,
    "owner": ALICE,
    "user": BOB,
    "contact": CAROL,
    "coordinator": CORA,
    "operator": OTTO,
    "administrator": ADA,
    "machine": MACHINE,
}

ASKED = {"analysis": "atlas-x", "title": "Winos", "points": [{"coordinates": {"m": m}} for m in (1, 2, 3)]}
LIMIT = {"type": "limit", "name": "limit", "cls_obs": 0.02}


class Desk:
    """One request and its audit trail."""

    def __init__(self, facts: Facts = FACTS) -> None:
        self.facts = facts
        self.events: list[Event] = []
        self.request: Request | None = None

    def do(self, action: str, actor: Actor, /, now: str = NOW, **data: Any) -> list[Event]:
        """Do one action, and return its events."""
        events = decide(self.request, action, actor, now, data, self.facts)
        for event in events:
            self.request = apply(self.request, event)
        self.events += events
        return events

    @property
    def now(self) -> Request:
        """The request as it is."""
        assert self.request is not None
        return self.request

    def up_to(self, state: str, **document: Any) -> Desk:
        """Move the request along its road up to a state."""
        road = {"draft": self._draft, "submitted": self._submit, "accepted": self._accept, "answered": self._answer}
        road["released"] = self._release
        for name, step in road.items():
            step(**document) if name == "draft" else step()
            if name == state:
                break
        return self

    def _draft(self, **document: Any) -> None:
        self.do("draft", ALICE, **(ASKED | document))

    def _submit(self) -> None:
        self.do("submit", ALICE)

    def _accept(self) -> None:
        self.do("accept", CAROL)

    def _answer(self, run: str = "r1") -> None:
        points = [point.id for point in self.now.points if point.state == "open"]
        self.do("run", CAROL)
        self.do("start-run", MACHINE, run=run, points=points)
        for point in points:
            self.do("answer-point", MACHINE, run=run, point=point, results=[LIMIT])

    def _release(self) -> None:
        self.do("review", CAROL)
        self.do("release", CAROL)
