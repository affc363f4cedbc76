"""The privacy crawl: what a stranger can fetch is the same with and without private requests, byte for byte."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import httpx2
import pytest

from recast.desk.model import Request
from recast.service.routes import ACTIONS
from tests.service.running import ANALYSIS, Running, running
from tests.service.staged import ROAD, Staged

PRIVATE = 50
_STATEMENT = re.compile(rb'"statements?":("sha256:[0-9a-f]+"|[{][^}]*[}])')
_TAG = re.compile(rb'\\"[0-9a-f]{32}\\"')
"""A tag that is one of content, in which the port may be."""

_OF_THIS_SERVICE = "/api/v1/signing-key"
_LINKS = re.compile(rb'"(/api/v1/[^"{}]*)"')

QUERIES = {
    "/api/v1/requests": ["", "?limit=2", f"?analysis={ANALYSIS}", "?state=released", "?state=submitted", "?mine=true"],
    "/api/v1/analyses": ["", "?q=search", "?collaboration=ATLAS", "?status=published", "?limit=1"],
}


def crawl(service: Running, seeds: list[str]) -> dict[str, bytes]:
    """Return what a stranger gets from every route, page and cursor that leads on from there."""
    found: dict[str, bytes] = {}
    waiting = [*seeds, *(it.split(" ")[1] for it in ACTIONS if it.startswith("GET ") and "{" not in it)]
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
            more += [f"{bare}/{item['id']}", f"{bare}/{item['id']}/history"]
    return more


def plain(service: Running, answer: httpx2.Response) -> bytes:
    """Return an answer without the time of day and the port, and with people by their names: their ids are random."""
    content = answer.content.replace(service.url.encode(), b"http://here")
    headers = {**answer.headers, "etag": answer.headers.get("etag", "").partition("-")[0]}  # the rest is of the content
    headers["content-length"] = str(len(content))
    names = ("content-type", "etag", "content-length", "cache-control", "location")
    content = _TAG.sub(b"tag", json.dumps([headers.get(name) for name in names]).encode()) + content
    for name, user in service.people.items():
        content = content.replace(user.encode(), name.encode())
    return _STATEMENT.sub(b'"statement"', content)  # its digest covers the ids of people


def same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ids that are made from here on be the same in both services."""
    monkeypatch.setattr("secrets.choice", random.Random(18).choice)


def hidden_requests(staged: Staged, count: int) -> list[Request]:
    audiences = ("private", "unlisted")
    return [staged.request(ROAD[number % len(ROAD)], audiences[number % 2]) for number in range(count)]


def test_a_stranger_sees_the_same_with_and_without_private_requests(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for folder, private in (("without", 0), ("with", PRIVATE)):
        (tmp_path / folder).mkdir()
        with running(tmp_path / folder) as service, monkeypatch.context() as patch:
            staged = Staged(service)
            hidden = hidden_requests(staged, private // 2)
            same_ids(patch)
            public = [staged.request(state) for state in (*ROAD[1:], "released", "submitted")]
            hidden += hidden_requests(staged, private - len(hidden))
            assert all(it.points[0].coordinates == public[0].points[0].coordinates for it in hidden), (
                "they share points"
            )
            seen.append(crawl(service, [f"/api/v1/requests/{it.id}" for it in public]))
            assert not [it for it in hidden if it.id.encode() in b"".join(seen[-1].values())]
    without, among = seen
    assert without.keys() == among.keys()
    assert {path for path in without if without[path] != among[path]} == set()


def test_what_is_hidden_answers_as_what_is_not_there(service: Running) -> None:
    staged = Staged(service)
    private = staged.request("released", "private")
    staged.run(private)
    stranger, bob = service.client(), service.client(service.person("bob"))
    nothing = "q" + "a" * (len(private.id) - 1)
    for client in (stranger, bob):
        for method, path in (
            ("GET", "/requests/{}"), ("GET", "/requests/{}/history"), ("GET", "/requests/{}/events"),
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
