"""The privacy crawl: what a stranger can fetch is the same with and without private requests, byte for byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from recast.desk.model import Request
from recast.service.routes import ACTIONS
from tests.service.running import ANALYSIS, Running
from tests.service.staged import ROAD, Staged
from tests.service.twice import plain, seen_twice

PRIVATE = 50
_OF_THIS_SERVICE = "/api/v1/signing-key"
_LINKS = re.compile(rb'"(/api/v1/[^"{}]*)"')

QUERIES = {
    "/api/v1/requests": ["", "?limit=2", f"?analysis={ANALYSIS}", "?state=released", "?state=submitted", "?mine=true"],
    "/api/v1/analyses": ["", "?q=search", "?collaboration=ATLAS", "?status=published", "?limit=1"],
    f"/api/v1/analyses/{ANALYSIS}": ["", "/answers", "/versions/1.0.0"],
    f"/analyses/{ANALYSIS}": ["", ".json"],
}
OF_REQUESTS = (
    *("", "/history", "/answers", "/points/p1", "/answers/a1/charts/limits.svg"),
    *(f"/downloads/{it}" for it in ("answers.csv", "answers.json", "chart.svg", "hepdata.zip")),
)


def crawl(service: Running, public: Sequence[Request]) -> dict[str, bytes]:
    """Return what a stranger gets from every route, page and cursor that leads on from there."""
    found: dict[str, bytes] = {}
    waiting = [f"/api/v1/requests/{it.id}" for it in public]
    waiting += [it.split(" ")[1] for it in ACTIONS if it.startswith("GET ") and "{" not in it]
    waiting += [path + query for path, queries in QUERIES.items() for query in queries]
    with httpx2.Client(base_url=service.url, timeout=60, trust_env=False) as stranger:
        while waiting:
            path = waiting.pop()
            if path in found or path == _OF_THIS_SERVICE:
                continue
            answer = stranger.get(path)
            found[path] = str(answer.status_code).encode() + b" " + plain(service, answer)
            if answer.headers.get("content-type") == "application/json":
                waiting += _onwards(path, answer.json())
            waiting += [it.decode() for it in _LINKS.findall(answer.content) if b"problems" in it]
    return found


def _onwards(path: str, document: dict[str, object]) -> list[str]:
    bare = path.partition("?")[0]
    more = [f"{path}{'&' if '?' in path else '?'}cursor={document['next']}"] if document.get("next") else []
    if bare == "/api/v1/requests":
        for item in document["items"]:  # type: ignore[attr-defined]
            more += [f"{bare}/{item['id']}{it}" for it in OF_REQUESTS] + [f"{bare}/compare?with={item['id']}"]
    return more


def test_a_stranger_sees_the_same_with_and_without_private_requests(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen_twice(tmp_path, monkeypatch, crawl, (*ROAD[1:], "released", "submitted"), PRIVATE)


def test_what_is_hidden_answers_as_what_is_not_there(service: Running) -> None:
    staged = Staged(service)
    private = staged.request("released", "private")
    staged.run(private)
    stranger, bob = service.client(), service.client(service.person("bob"))
    nothing = "q" + "a" * (len(private.id) - 1)
    for client in (stranger, bob):
        for method, path in (
            ("GET", "/requests/{}"), ("GET", "/requests/{}/history"), ("GET", "/requests/{}/events"),
            ("GET", "/requests/{}/answers"), ("GET", "/requests/{}/points/p1"), ("GET", "/requests/compare?with={}"),
            ("GET", "/requests/{}/downloads/answers.csv"), ("GET", "/requests/{}/answers/a1/charts/limits.svg"),
            ("GET", "/requests/{}/links"), ("GET", "/requests/{}/answers/a1/statement"), ("GET", "/runs/run-{}"),
            ("GET", "/runs/run-{}/log?step=x"), ("GET", "/runs/run-{}/steps/x"), ("GET", "/runs/run-{}/events"),
            ("PATCH", "/requests/{}"), ("POST", "/requests/{}/actions"), ("POST", "/requests/{}/links"),
        ):  # fmt: skip
            both = [_asked(client, method, path.format(name)) for name in (private.id, nothing)]
            assert both[0].status_code == both[1].status_code == 404, (method, path)
            texts = [it.text.replace(name, "ID") for it, name in zip(both, (private.id, nothing), strict=True)]
            assert texts[0] == texts[1]


def _asked(client: httpx2.Client, method: str, path: str) -> httpx2.Response:
    body = {"POST": {"action": "accept"}, "PATCH": {"title": "x"}}.get(method)
    if path.endswith("/links"):
        body = {"note": "x"} if method == "POST" else None
    return client.request(method, path, headers={"If-Match": '"1"'}, json=body)


def test_a_check_tells_nothing_of_private_answers(service: Running) -> None:
    stranger = service.client()
    asked = {"analysis": ANALYSIS, "points": [{"coordinates": {"m": 1}}]}
    before = stranger.post("/check", json=asked)
    Staged(service).request("released", "private")
    assert stranger.post("/check", json=asked).content == before.content
