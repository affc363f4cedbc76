"""When the first verdict of a request can be read, from the moment when it is to run."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Any

import httpx2

from benchmarks.answers.home import Home
from benchmarks.measure import Failed
from benchmarks.place import Place
from benchmarks.table import Bar, Row
from tests.e2e.desk import Desk, served

__all__ = ["first_verdict"]

_POINTS, _ROUNDS = 30, 4
_LOOK_S, _MOST_S = 0.05, 120.0


def first_verdict(place: Place, home: Home) -> Iterator[Row]:
    """Requests of 30 points each, none of which was asked before: from `run` to an answer that the API tells.

    The image is unpacked. A request is cancelled after its first answer, and the next one begins on a quiet machine.
    """
    with (home.spec / "files/data/points.csv").open(newline="") as file:
        known = list(csv.DictReader(file))
    taken = []
    with (
        served(home.folder, home.images) as desk,
        _client(desk, "theorist") as asks,
        _client(desk, "contact", [home.analysis]) as decides,
    ):
        for number in range(1 if place.quick else _ROUNDS):
            points = known[number * _POINTS : (number + 1) * _POINTS]
            taken.append(_one(asks, decides, home.analysis, points))
    name = f"{home.analysis}, {_POINTS} points asked : the first verdict"
    yield Row(name, median(taken), "s", bar=Bar(3, "s"), note=f"{min(taken):.1f} to {max(taken):.1f} s")


def _client(desk: Desk, name: str, contact_of: Sequence[str] = ()) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {desk.person(name, contact_of=contact_of).token}"}
    return httpx2.Client(base_url=f"{desk.url}/api/v1", headers=headers, timeout=60.0)


def _one(client: httpx2.Client, contact: httpx2.Client, analysis: str, points: list[dict[str, str]]) -> float:
    """Ask, accept, run, and return the seconds from then on to the first answer."""
    axes = ["m_chargino_gev", "m_neutralino_gev"]
    asked = [{"coordinates": {axis: int(point[axis]) for axis in axes}} for point in points]
    about = {"title": "A plane", "model": "wino pair, W h", "reason": "how long does it take?", "audience": "public"}
    document = {"analysis": analysis, **about, "axes": axes, "points": asked}
    request = _asked(client.post("/requests", json=document))["id"]
    _act(client, request, "submit")
    _act(contact, request, "accept")
    start = time.perf_counter()
    _act(contact, request, "run")
    while not any(point["answers"] for point in _read(client, request)["points"]):
        if time.perf_counter() - start > _MOST_S:
            raise Failed(f"request {request} has no answer after {_MOST_S:.0f} s")
        time.sleep(_LOOK_S)
    taken = time.perf_counter() - start
    _act(contact, request, "cancel", reason="it was timed")
    while any(point["state"] == "running" for point in _read(client, request)["points"]):
        if time.perf_counter() - start > 2 * _MOST_S:
            raise Failed(f"request {request} cannot be cancelled")
        time.sleep(_LOOK_S)
    return taken


def _act(client: httpx2.Client, request: str, action: str, **data: str) -> None:
    _asked(client.post(f"/requests/{request}/actions", json={"action": action, **data}))


def _read(client: httpx2.Client, request: str) -> dict[str, Any]:
    return _asked(client.get(f"/requests/{request}"))


def _asked(answer: httpx2.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        raise Failed(f"{answer.request.url}: {answer.status_code} {answer.text}")
    document: dict[str, Any] = answer.json()
    return document
