"""Behind a reverse proxy that shows the service below a prefix, whether or not it takes the prefix off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.service.running import ANALYSIS, Running, running

BASE = "https://recast.example.org/desk"
ASKED = {"analysis": ANALYSIS, "title": "x", "points": [{"coordinates": {"m": 1}}]}


@pytest.fixture
def behind(tmp_path: Path, home: Path) -> Iterator[Running]:
    with running(tmp_path, BASE) as service:
        service.publish()
        yield service


def get(service: Running, path: str, **headers: str) -> httpx2.Response:
    headers = {"Host": "recast.example.org", **headers}
    return httpx2.get(service.url + path, headers=headers, trust_env=False, timeout=300)


@pytest.mark.parametrize("prefix", ["", "/desk"])
def test_paths_are_found_with_and_without_the_prefix(behind: Running, prefix: str) -> None:
    assert get(behind, f"{prefix}/healthz").status_code == 200
    assert get(behind, f"{prefix}/api/v1/analyses").json()["total"] == 1
    missing = get(behind, f"{prefix}/api/v1/requests/q0")
    assert missing.status_code == 404
    assert missing.json()["type"] == "/desk/api/v1/problems/not-found"
    assert get(behind, missing.json()["type"]).text.startswith("# not-found")


def test_addresses_that_are_given_out_have_the_prefix(behind: Running) -> None:
    ada = behind.client(behind.person("ada"), Host="recast.example.org")
    made = ada.post("/requests", json=ASKED)
    assert made.headers["location"] == f"/desk/api/v1/requests/{made.json()['id']}"
    assert get(behind, "/api/v1/openapi.json").json()["servers"] == [{"url": "/desk"}]
    link = ada.post(f"/requests/{made.json()['id']}/links", json={}).json()["link"]
    assert link.startswith(f"{BASE}/links/rcl_")


def test_browsers_are_kept_to_tls(behind: Running) -> None:
    assert get(behind, "/healthz").headers["strict-transport-security"].startswith("max-age=")


def test_words_of_a_proxy_that_nobody_trusts_change_nothing(behind: Running) -> None:
    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "http"}
    answer = get(behind, "/api/v1/requests/q0", **forged)
    assert "evil" not in answer.text and answer.status_code == 404


def test_uploads_have_their_own_bound_below_a_prefix(behind: Running) -> None:
    ada = behind.client(behind.person("ada"), Host="recast.example.org")
    answer = ada.post("/uploads", content=b"x" * (9 << 20))
    assert answer.json()["code"] != "service.too-large"
