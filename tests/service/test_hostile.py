"""What strangers write is data: script in every text field, names with tricks, documents that are made to hurt."""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.service.running import ANALYSIS, Running
from tests.service.staged import ASKED, Staged

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>${7*7}{{7*7}}"
TRICKS = [
    "../../etc/passwd",
    "%2e%2e%2f",
    "a\tb",
    "‮txt.exe",
    "\u0000",
    "a" * 100_000,
    "'; DROP TABLE requests;--",
    "%",
    "_",
]


def harmless(answer: httpx2.Response) -> None:
    """Assert that a browser takes an answer for nothing but data."""
    assert answer.status_code < 500, answer.text
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert kind in ("application/json", "application/problem+json", "text/event-stream", "text/plain", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_script_in_every_text_field_stays_text(service: Running) -> None:
    staged = Staged(service)
    alice = service.client(service.person("alice"))
    texts = dict.fromkeys(("title", "model", "reason"), SCRIPT)
    point = {"coordinates": {SCRIPT[:50]: SCRIPT}, "inputs": {SCRIPT[:50]: SCRIPT}}
    made = alice.post("/requests", json={**ASKED, **texts, "points": [point]})
    harmless(made)
    if made.status_code == 201:
        assert made.json()["title"] == SCRIPT
        harmless(alice.get(f"/requests/{made.json()['id']}"))
    request = staged.request("submitted")
    for action, key in (("comment", "text"), ("withdraw", "reason"), (SCRIPT[:40], "reason")):
        harmless(service.act(alice, request.id, action, **{key: SCRIPT}))
    harmless(alice.get(f"/requests/{request.id}"))
    harmless(alice.get(f"/requests/{request.id}/history"))
    root = service.client(service.person("root", roles="administrator"))
    for answer in (
        root.post("/tokens", json={"name": SCRIPT[:80], "scopes": ["read"]}), root.get("/tokens"),
        alice.post(f"/requests/{request.id}/links", json={"note": SCRIPT[:150]}),
        alice.get(f"/requests/{request.id}/links"),
        root.post("/uploads", content=SCRIPT.encode(), headers={"Content-Type": "text/html"}),
    ):  # fmt: skip
        harmless(answer)


@pytest.mark.parametrize("text", [SCRIPT, *TRICKS], ids=range(len(TRICKS) + 1))
def test_names_with_tricks_lead_nowhere(service: Running, text: str) -> None:
    service.publish()
    root = service.client(service.person("root", roles="administrator"))
    for path in (
        "/requests/{}",
        "/runs/{}",
        "/analyses/{}",
        f"/analyses/{ANALYSIS}/versions/{{}}",
        "/problems/{}",
        "/people/{}",
    ):
        answer = root.get(path.format(quote(text[:4000], safe="")))
        harmless(answer)
        assert answer.status_code in (400, 404, 422)
    for path in ("/analyses", "/requests"):
        for name in ("q", "analysis", "collaboration", "cursor", "model"):
            harmless(root.get(path, params={name: text[:4000]}))


@pytest.mark.parametrize(
    "points",
    [
        [{"coordinates": {f"m{i}": i for i in range(51)}}],
        [{"coordinates": {"m": {"x": [[[[[[[[[[1]]]]]]]]]]}}}],
        [{"coordinates": {"m": 1e308 * 10}}],
        [{"coordinates": {"m": "x" * 100_000}}],
        [{"coordinates": {"m": 10**400}}],
        [{"coordinates": {}}] * 2001,
        [{"coordinates": {"": 1, " ": 2}}],
    ],
    ids=["wide", "deep", "infinite", "long", "large", "many", "nameless"],
)
def test_points_that_are_made_to_hurt(service: Running, points: list[Any]) -> None:
    service.publish()
    ada = service.client(service.person("ada"))
    body = json.dumps({**ASKED, "points": points}).encode()
    answer = ada.post("/requests", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (201, 400, 422)
    harmless(answer)


def test_a_document_with_a_million_keys_is_refused_quickly(service: Running) -> None:
    ada = service.client(service.person("ada"))
    body = b'{"title": "x", "points": [' + b",".join([b'{"coordinates":{}}'] * 300_000) + b"]}"
    began = time.process_time()
    answer = ada.post("/requests", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (413, 422) and time.process_time() - began < 20


def test_nobody_reaches_the_things_of_others_by_their_names(service: Running) -> None:
    staged = Staged(service)
    request = staged.request("submitted", "private")
    alice, bob = service.client(service.person("alice")), service.client(service.person("bob"))
    token = service.client(service.person("carol"))
    link = alice.post(f"/requests/{request.id}/links", json={}).json()["id"]
    mine = staged.request("submitted", "public")
    assert alice.get("/tokens").json()["items"][0]["id"]
    for client in (bob, token):
        assert client.delete(f"/tokens/{alice.get('/tokens').json()['items'][0]['id']}").status_code == 404
    assert bob.delete(f"/requests/{request.id}/links/{link}").status_code == 404
    assert alice.delete(f"/requests/{mine.id}/links/{link}").status_code == 404, "a link of another request"
    assert alice.delete(f"/requests/{request.id}/links/{link}").status_code == 204


def test_another_site_cannot_act_in_somebodys_name(service: Running) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = service.client(**headers).post("/check", json={"points": [{"coordinates": {"m": 1}}]})
        assert answer.status_code == 403 and answer.json()["code"] == "permission.cross-site"
