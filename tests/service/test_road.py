"""The road of a request by HTTP: asked, submitted, accepted, read."""

from __future__ import annotations

from tests.service.on_both import *  # noqa: F403
from tests.service.running import ANALYSIS, Running

WANTED = {"analysis": ANALYSIS, "title": "Squarks", "audience": "public"}
POINT = {"coordinates": {"m": 100}, "inputs": {}}


def test_a_request_is_asked_submitted_accepted_and_read(service: Running) -> None:
    service.publish()
    ada = service.client(service.person("ada"))
    root = service.client(service.person("root", roles="administrator"))
    made = ada.post("/requests", json={**WANTED, "reason": "why not", "model": "MSSM", "points": [POINT]})
    assert made.status_code == 201, made.text
    draft = made.json()
    assert draft["state"] == "draft" and made.headers["etag"].startswith('"1-')
    assert made.headers["location"] == f"/api/v1/requests/{draft['id']}"
    assert service.client().get(f"/requests/{draft['id']}").status_code == 404
    assert root.get("/requests").json()["total"] == 1

    amended = ada.patch(f"/requests/{draft['id']}", json={"title": "Another"}, headers={"If-Match": '"1"'})
    assert amended.status_code == 200, amended.text
    assert amended.json()["title"] == "Another" and amended.json()["model"] == "MSSM"
    submitted = service.act(ada, draft["id"], "submit")
    assert submitted.status_code == 200, submitted.text
    assert service.act(ada, draft["id"], "accept").status_code == 403
    accepted = service.act(root, draft["id"], "accept", reason="yes")
    assert accepted.status_code == 200, accepted.text
    read = service.client().get(f"/requests/{draft['id']}")
    assert read.status_code == 200
    assert read.json()["state"] == "accepted"
    assert {it["action"] for it in read.json()["allowed"] if it["may"]} == set()
    assert service.act(root, draft["id"], "accept").json()["code"] == "request.moved-on"
    assert service.client().get("/requests").json()["items"][0]["id"] == draft["id"]
