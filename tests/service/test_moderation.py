"""Administrators block accounts, give quotas and invite people; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.service.running import ANALYSIS, Running, running


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as service:
        yield service


@pytest.fixture
def root(service: Running) -> httpx2.Client:
    return service.client(service.person("root", roles="administrator"))


@pytest.fixture
def bob(service: Running) -> httpx2.Client:
    return service.client(service.person("bob"))


def test_who_is_blocked_is_out_at_once_and_may_be_let_in_again(
    service: Running, root: httpx2.Client, bob: httpx2.Client
) -> None:
    path = f"/people/{service.people['bob']}"
    assert root.post(f"{path}/block", json={"reason": "too much at once"}).json()["blocked"] == "too much at once"
    refused = bob.get("/me")
    assert (refused.status_code, refused.json()["why"]) == (403, "too much at once")
    assert root.post(f"{path}/unblock").json()["blocked"] == ""
    assert bob.get("/me").status_code == 200


def test_links_of_whoever_is_blocked_open_nothing(service: Running, root: httpx2.Client, bob: httpx2.Client) -> None:
    service.publish()
    asked = {"analysis": ANALYSIS, "title": "x", "points": [{"coordinates": {"m": 1}}]}
    request = bob.post("/requests", json=asked).json()["id"]
    assert service.act(bob, request, "submit").status_code == 200
    referee = service.client(bob.post(f"/requests/{request}/links", json={}).json()["link"].rpartition("/")[2])
    assert referee.get(f"/requests/{request}").status_code == 200
    path = f"/people/{service.people['bob']}"
    root.post(f"{path}/block", json={"reason": "advertisements"})
    assert referee.get(f"/requests/{request}").status_code == 404
    root.post(f"{path}/unblock")
    assert referee.get(f"/requests/{request}").status_code == 200


def test_a_restricted_request_is_opened_by_no_link(service: Running, root: httpx2.Client, bob: httpx2.Client) -> None:
    service.publish()
    asked = {"analysis": ANALYSIS, "title": "x", "points": [{"coordinates": {"m": 1}}]}
    request = bob.post("/requests", json=asked).json()["id"]
    assert service.act(bob, request, "submit").status_code == 200
    made = bob.post(f"/requests/{request}/links", json={}).json()
    referee = service.client(made["link"].rpartition("/")[2])
    assert service.act(root, request, "restrict", reason="an advertisement").status_code == 200
    assert referee.get(f"/requests/{request}").status_code == 404
    refused = bob.post(f"/requests/{request}/links", json={})
    assert (refused.status_code, refused.json()["why"]) == (403, "a moderator made this request private")
    assert bob.delete(f"/requests/{request}/links/{made['id']}").status_code == 204


def test_nobody_blocks_themselves(service: Running, root: httpx2.Client) -> None:
    said = root.post(f"/people/{service.people['root']}/block", json={"reason": "x"})
    assert said.status_code == 400
    assert root.get("/me").status_code == 200


def test_a_quota_of_ones_own(service: Running, root: httpx2.Client, bob: httpx2.Client) -> None:
    path = f"/people/{service.people['bob']}"
    given = root.post(f"{path}/quota", json={"what": "core_hours", "most": 2.5}).json()
    assert {"what": "core_hours", "used": 0.0, "most": 2.5} in given["quotas"]
    assert bob.get(f"{path}/account").json() == given  # one may see one's own
    back = root.post(f"{path}/quota", json={"what": "core_hours", "most": None}).json()
    assert {"what": "core_hours", "used": 0.0, "most": 100.0} in back["quotas"]


def test_nobody_else_does_any_of_it(service: Running, root: httpx2.Client, bob: httpx2.Client) -> None:
    theirs = f"/people/{service.people['root']}"
    own = f"/people/{service.people['bob']}"
    assert bob.post("/invitations", json={"role": "administrator"}).status_code == 403
    assert bob.post(f"{own}/quota", json={"what": "core_hours", "most": 1e9}).status_code == 403
    assert bob.post(f"{theirs}/block", json={"reason": "x"}).status_code == 404
    assert bob.get(f"{theirs}/account").status_code == 404


def test_an_invitation_makes_an_account(root: httpx2.Client) -> None:
    sent = root.post("/invitations", json={"role": "operator"})
    assert sent.status_code == 201
    code = sent.json()["path"].partition("code=")[2]
    assert code.startswith("rci_")
    assert root.post("/invitations", json={"user": "unobody"}).status_code == 404
