"""Many recorded runs that go on at the same time, told to a ledger again: pictures and answers, as their drivers told.

python -m benchmarks.service.retold URL RUNS RATE SECONDS   first prints the ids of the runs, then tells when asked to

Each picture says when it was told, so that whoever is told of it knows how long that took.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.service.requests import ROOM
from recast.desk.facts import Facts
from recast.desk.model import Actor
from recast.ledger import Ledger
from recast.ledger.pictures import Picture
from recast.ledger.work import Lease

_STEPS, _POINTS, _LEASE_S, _MOST_AT_ONCE = 50, 8, 3600.0, 20
_FACTS = Facts(version="1.0.0", digest=f"sha256:{'0' * 64}", collaboration="atlas")
_OWNER, _MACHINE = Actor(user="u0000"), Actor(machine=True)
_CONTACT = Actor(user="ucontact", contact_of=frozenset({"syn"}))
_STAGES = ("prepare", "select", "fit", "gather", "plot")
_RESULTS = [{"name": "limit", "type": "limit", "cls_obs": 0.04, "point": {}}]


@dataclass
class _Told:
    """A run, and how far it is."""

    lease: Lease
    run: str
    step: int = 0
    point: int = 0


def begun(ledger: Ledger, count: int) -> list[_Told]:
    """Begin so many runs, each for a public request of its own."""
    with ledger.together():
        requests = [_wanted(ledger) for _ in range(count)]
    found = []
    with ledger.together():
        for request in requests:
            lease = ledger.work.take("bench", ["run"], _LEASE_S)
            assert lease is not None and lease.request == request, "work is taken in order"
            told = _Told(lease, f"run-{request}")
            ledger.runs.note(lease, told.run, {})
            names = [f"p{number + 1}" for number in range(_POINTS)]
            ledger.act(request, "start-run", _MACHINE, {"run": told.run, "points": names}, lease=lease)
            ledger.snapshots.write(lease, told.run, _picture(told, whole=True))
            found.append(told)
    return found


def tell(ledger: Ledger, runs: list[_Told], rate: float, seconds: float) -> int:
    """Tell events at a rate: of each run in its turn, one in ten of the first, which everybody watches; two in three
    are pictures, the others answers. What is due at the same time is one transaction. Return how many.
    """
    turns, start, count = list(_turns(runs, int(rate * seconds))), time.monotonic(), 0
    while count < len(turns):
        time.sleep(max(0.0, start + count / rate - time.monotonic()))
        due = min(count + _MOST_AT_ONCE, max(count + 1, int((time.monotonic() - start) * rate)))
        with ledger.together():
            for number, told in enumerate(turns[count:due], count):
                _tell_one(ledger, told, number)
        count = min(due, len(turns))
    return count


def _tell_one(ledger: Ledger, told: _Told, number: int) -> None:
    if number % 3 == 2 and told.point < _POINTS:
        told.point += 1
        data = {"point": f"p{told.point}", "run": told.run, "results": _RESULTS}
        ledger.act(told.lease.request, "answer-point", _MACHINE, data, lease=told.lease)
    else:
        told.step += 1
        ledger.snapshots.write(told.lease, told.run, _picture(told))


def _turns(runs: list[_Told], count: int) -> Iterator[_Told]:
    for number in range(count):
        yield runs[0] if number % 10 == 0 else runs[number % len(runs)]


def _picture(told: _Told, *, whole: bool = False) -> Picture:
    places = range(_STEPS) if whole else [told.step % _STEPS]
    counted = "waiting" if whole else "running" if told.step // _STEPS % 2 == 0 else "done"
    steps = {at: {"id": f"/fit/{at}", "path": "fit", "counted": counted, "state": counted} for at in places}
    stages = [
        {"stage": name, "after": list(_STAGES[at - 1 : at]), "steps": 10, "running": told.step % 10, "done": 3}
        for at, name in enumerate(_STAGES)
    ]
    now = repr(time.time())
    return Picture({"run": told.run, "state": "running", "created": now, "stages": stages}, steps, whole=whole)


def _wanted(ledger: Ledger) -> str:
    points = [{"coordinates": {"m": at}, "inputs": {"m": at}} for at in range(_POINTS)]
    about = {"analysis": "syn", "title": "t", "model": "m", "reason": "r", "audience": "public", "points": points}
    request = ledger.act(None, "draft", _OWNER, about, facts=_FACTS, quotas=ROOM).id
    ledger.act(request, "submit", _OWNER, {}, facts=_FACTS, quotas=ROOM)
    ledger.act(request, "accept", _CONTACT, {}, facts=_FACTS)
    ledger.act(request, "run", _CONTACT, {}, facts=_FACTS)
    return request


def main(url: str, count: str, rate: str, seconds: str) -> None:
    """Begin the runs, say which, and tell of them as soon as a line comes in."""
    with Ledger(url) as ledger:
        runs = begun(ledger, int(count))
        print(json.dumps([it.run for it in runs]), flush=True)
        sys.stdin.readline()
        start = time.monotonic()
        told = tell(ledger, runs, float(rate), float(seconds))
        print(json.dumps({"told": told, "rate": told / (time.monotonic() - start)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
