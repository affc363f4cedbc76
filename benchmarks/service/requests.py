"""A ledger with thousands of requests, made by the desk's own rules and written by the ledger's own functions."""

from __future__ import annotations

import random
from collections.abc import Sequence

from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.ledger import Ledger
from recast.ledger.acts import Act, carry_out

__all__ = ["MACHINE", "OWNERS", "ROOM", "fill_ledger"]

OWNERS = tuple(f"u{number:04d}" for number in range(500))
MACHINE = Actor(machine=True)
ROOM = {"open_requests": 1e9, "ledger_bytes": 1e15}
"""A quota that nobody here uses up."""

_BATCH = 200
_AT, _NOW = 1_790_000_000.0, "2026-09-21T14:13:20Z"


def fill_ledger(ledger: Ledger, analyses: Sequence[str], count: int, seed: int = 2) -> list[str]:
    """Make requests, two thirds of them public, some accepted and answered at two points; return the public ones."""
    draw, public = random.Random(seed), list[str]()
    for start in range(0, count, _BATCH):
        with ledger.writing() as connection:
            for _ in range(min(_BATCH, count - start)):
                audience = draw.choices(("public", "private", "unlisted"), (66, 24, 10))[0]
                request = _one(connection, draw, draw.choice(analyses), audience)
                if audience == "public":
                    public.append(request)
    return public


def _one(connection: object, draw: random.Random, analysis: str, audience: str) -> str:
    owner = Actor(user=draw.choice(OWNERS))
    contact = Actor(user="ucontact", contact_of=frozenset({analysis}))
    facts = Facts(version="1.0.0", digest=f"sha256:{'0' * 64}", collaboration="atlas")
    points = [{"coordinates": {"m": draw.randint(100, 2000), "n": at}, "inputs": {"m": at}} for at in range(4)]
    document = {"analysis": analysis, "title": f"Model {draw.random():.6f}", "model": "m", "reason": "r"}

    def act(request: str | None, action: str, actor: Actor, **data: object) -> str:
        wish = Act(request, action, actor, data, facts, quotas=ROOM)
        return carry_out(connection, wish, _AT, _NOW).id  # type: ignore[arg-type]

    request = act(None, "draft", owner, **document, audience=audience, points=points)
    act(request, "submit", owner)
    if draw.random() < 0.3:
        act(request, "accept", contact)
        act(request, "start-run", MACHINE, run="r", points=["p1", "p2"])
        for point in ("p1", "p2"):
            results = [{"name": "limit", "type": "limit", "cls_obs": draw.random(), "point": {}}]
            act(request, "answer-point", MACHINE, point=point, run="r", results=results)
    return request
