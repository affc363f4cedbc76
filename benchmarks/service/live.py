"""A run that goes on while others ask, and many recorded runs told again: what a dispatcher writes into a ledger.

python -m benchmarks.service.live URL SECONDS             one live run
python -m benchmarks.service.live URL --replay RUNS RATE  runs one after the other, at a rate of events
"""

from __future__ import annotations

import json
import random
import resource
import sys
import time
from functools import partial

from benchmarks.service.requests import ROOM
from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.dispatch.voice import Voice
from recast.ledger import Ledger
from recast.ledger.pictures import Picture
from recast.ledger.work import Lease

__all__ = ["live", "replay"]

_POINTS = 8
_FACTS = Facts(version="1.0.0", digest=f"sha256:{'0' * 64}", collaboration="atlas")
_OWNER = Actor(user="u0000")
_CONTACT = Actor(user="ucontact", contact_of=frozenset({"syn"}))
_MACHINE = Actor(machine=True)
_LEASE_S = 3600.0


def live(ledger: Ledger, seconds: float) -> int:
    """Drive one run: a picture every second, an answer every five; return how many pictures were written."""
    request = _wanted(ledger, int(seconds // 5) + 1)
    lease, run = _taken(ledger, request), f"live-{request}"
    _begin(ledger, lease, run, int(seconds // 5) + 1)
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        ledger.snapshots.write(lease, run, _picture(count))
        if count % 5 == 0:
            _answer(ledger, lease, run, count // 5 + 1)
        count += 1
        time.sleep(1.0)
    ledger.runs.ended(lease, run)
    ledger.work.finish(lease, {})
    return count


def replay(ledger: Ledger, runs: int, rate: float) -> dict[str, float]:
    """Tell many runs to a ledger; return the rate that was reached, events told, and events found afterwards."""
    requests = [_wanted(ledger, _POINTS) for _ in range(runs)]
    before = sum(ledger.request(it).version for it in requests)
    told, lost, start = 0, list[str](), time.monotonic()
    for number, request in enumerate(requests):
        lease, run = _taken(ledger, request), f"run-{number}"
        _begin(ledger, lease, run, _POINTS)
        voice = Voice(ledger, lease, run, _LEASE_S, lambda: None, lost.append)
        voice.show(_picture(0))
        for point in range(1, _POINTS + 1):
            voice.say(partial(_answer, run=run, point=point))
        voice.close(60.0)
        told += _POINTS + 2  # started, answered, completed
        time.sleep(max(0.0, start + told / rate - time.monotonic()))
    seconds = time.monotonic() - start
    found = sum(ledger.request(it).version for it in requests) - before
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"rate": told / seconds, "told": told, "found": found, "said": len(lost), "peak_mb": peak_mb}


def _wanted(ledger: Ledger, points: int) -> str:
    document = {
        "analysis": "syn",
        "title": "t",
        "model": "m",
        "reason": "r",
        "audience": "private",
        "points": [{"coordinates": {"m": at}, "inputs": {"m": at}} for at in range(points)],
    }
    request = ledger.act(None, "draft", _OWNER, document, facts=_FACTS, quotas=ROOM).id
    ledger.act(request, "submit", _OWNER, {}, facts=_FACTS, quotas=ROOM)
    ledger.act(request, "accept", _CONTACT, {}, facts=_FACTS)
    ledger.act(request, "run", _CONTACT, {}, facts=_FACTS)
    return request


def _taken(ledger: Ledger, request: str) -> Lease:
    lease = ledger.work.take("bench", ["run"], _LEASE_S)
    assert lease is not None and lease.request == request, "work is taken in order"
    return lease


def _begin(ledger: Ledger, lease: Lease, run: str, points: int) -> None:
    names = [f"p{number}" for number in range(1, points + 1)]
    ledger.runs.note(lease, run, {})
    ledger.act(lease.request, "start-run", _MACHINE, {"run": run, "points": names}, lease=lease)


def _answer(ledger: Ledger, lease: Lease, run: str, point: int) -> None:
    results = [{"name": "limit", "type": "limit", "cls_obs": random.random(), "point": {}}]
    ledger.act(
        lease.request, "answer-point", _MACHINE, {"point": f"p{point}", "run": run, "results": results}, lease=lease
    )


def _picture(number: int) -> Picture:
    """Return a picture of fifty steps, as a driver takes it: the first is whole, and later ones tell of one step."""
    places = [number % 50] if number else range(50)
    steps = {at: {"id": f"/s/{at}", "counted": "running" if number else "waiting"} for at in places}
    return Picture({"run": "live", "state": "running"}, steps, whole=not number)


if __name__ == "__main__":
    url, *rest = sys.argv[1:]
    with Ledger(url) as opened:
        if rest[0] == "--replay":
            print(json.dumps(replay(opened, int(rest[1]), float(rest[2]))))
        else:
            print(live(opened, float(rest[0])))
