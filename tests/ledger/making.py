"""Requests that tests make, the people who act on them, and what a database is asked meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from recast.desk.facts import Facts
from recast.desk.model import Actor, Request
from recast.json_types import JsonDict
from recast.ledger import Ledger

ANALYSIS = "atlas-susy-2019-08"
OWNER = Actor(user="uowner")
STRANGER = Actor(user="ustranger")
CONTACT = Actor(user="ucontact", contact_of=frozenset({ANALYSIS}))
MACHINE = Actor(machine=True)
FACTS = Facts(version="1.0.0", digest=f"sha256:{'1' * 64}", collaboration="atlas")


def asked(points: int = 2, audience: str = "private") -> JsonDict:
    """Return the document of a request."""
    return {
        "analysis": ANALYSIS,
        "title": "Gluinos",
        "model": "gluino pairs",
        "reason": "because",
        "audience": audience,
        "points": [{"coordinates": {"m": number}, "inputs": {"mass": number}} for number in range(points)],
    }


def drafted(ledger: Ledger, points: int = 2, audience: str = "private", owner: Actor = OWNER) -> Request:
    """Make a draft."""
    return ledger.act(None, "draft", owner, asked(points, audience), facts=FACTS)


def accepted(ledger: Ledger, points: int = 2, audience: str = "private") -> Request:
    """Make a request that its contact has accepted."""
    request = drafted(ledger, points, audience)
    ledger.act(request.id, "submit", OWNER, {}, facts=FACTS)
    return ledger.act(request.id, "accept", CONTACT, {}, facts=FACTS)


@contextmanager
def statements(ledger: Ledger) -> Iterator[list[str]]:
    """Collect what the database is asked."""
    found: list[str] = []

    def collect(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    event.listen(ledger.database.engine, "before_cursor_execute", collect)
    yield found
    event.remove(ledger.database.engine, "before_cursor_execute", collect)
