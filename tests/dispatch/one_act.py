"""What one web request, or one look at the clock, does to the ledger, in a process of its own: `… JSON`."""

import json
import sys
from itertools import count
from typing import Any

from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.dispatch.clockwork import Clockwork
from recast.ledger import Ledger, Once


def act(ledger: Ledger, request: str, action: str, who: dict[str, Any], data: Any, facts: Any, key: str) -> str:
    """Do one action of a person; return the request's id."""
    sets = {name: frozenset(it) if isinstance(it, list) else it for name, it in who.items()}
    once, known = Once(key, action), Facts(**facts | {"faults": tuple(facts["faults"])})
    return ledger.act(request or None, action, Actor(**sets), data, facts=known, once=once).id


def look(ledger: Ledger, caveat: str) -> None:
    """Do what time demands, and say what is wrong with the versions that answers rest on."""
    minutes = count(60, 600)
    clockwork = Clockwork(ledger, sys.exit, lambda _: caveat, steady=lambda: float(next(minutes)))
    for part in (clockwork.deadlines, clockwork.deadlines, clockwork.standings):
        part()


if __name__ == "__main__":
    asked = json.loads(sys.argv[1])
    now = asked.pop("now", None)
    with Ledger(asked.pop("url"), *([lambda: now] if now else [])) as opened:
        print(look(opened, asked["caveat"]) or "" if "caveat" in asked else act(opened, **asked))
