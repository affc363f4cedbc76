"""Headers that every answer has, whoever made it."""

from __future__ import annotations

import socket

import httpx2
import pytest

from recast.service.identity.csp import HEADERS
from tests.service.running import Running
from tests.service.staged import Staged
from tests.waiting import BOUND_S, until

PATHS = [
    "/healthz", "/readyz", "/metrics", "/nothing", "/api/v1/openapi.json", "/api/v1/docs", "/api/v1/requests",
    "/api/v1/requests/q0", "/api/v1/problems/usage", "/api/v1/requests?limit=0", "/login", "/api/v1/analyses",
]  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "PUT", "POST"])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers(service: Running, method: str, path: str) -> None:
    answer = httpx2.request(method, service.url + path, trust_env=False, timeout=BOUND_S)
    for name, value in HEADERS.items():
        assert name in answer.headers
        if name != "Content-Security-Policy":
            assert answer.headers[name] == value
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ") and "unsafe" not in policy and "*" not in policy
    assert answer.headers["X-Request-Id"] and "Server" not in answer.headers


def test_an_answer_for_one_reader_is_kept_by_nobody(service: Running) -> None:
    assert service.client().get("/requests").headers["cache-control"] == "no-store"


def test_headers_cannot_be_smuggled_in(service: Running) -> None:
    ada = service.client(service.person("ada"))
    for title in ("a\r\nSet-Cookie: x=1", "a\nX-Evil: 1"):
        answer = ada.post("/requests", json={"title": title, "wanted": "x"}, headers={"Idempotency-Key": "k1"})
        assert "x-evil" not in answer.headers and "set-cookie" not in answer.headers
    answer = ada.get("/requests/%0d%0aX-Evil:%201")
    assert answer.status_code == 404 and "x-evil" not in answer.headers


def test_a_host_that_is_not_ours_gets_no_answer(service: Running) -> None:
    answer = service.client(Host="evil.example").get("/requests")
    assert answer.status_code == 403 and answer.json()["code"] == "permission.host"


def test_what_is_no_http_gets_no_traceback(service: Running) -> None:
    port = int(service.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(b"GET / HTTP/9.9\r\n\x00\r\n\r\n")
        said = connection.recv(4096)
    assert said.startswith(b"HTTP/1.1 400") and b"Traceback" not in said


@pytest.mark.parametrize("path", PATHS)
def test_head_is_get_without_the_body(service: Running, path: str) -> None:
    whole, head = (httpx2.request(it, service.url + path, trust_env=False, timeout=BOUND_S) for it in ("GET", "HEAD"))
    assert head.status_code == whole.status_code and not head.content
    told = [{name: it.headers.get(name) for name in ("content-type", "etag", "allow")} for it in (whole, head)]
    assert told[0] == told[1]


def test_head_of_a_stream_ends(service: Running) -> None:
    request = Staged(service).request("submitted")
    head = service.client().head(f"/requests/{request.id}/events")
    assert head.status_code == 200 and head.headers["content-type"].startswith("text/event-stream")
    until(lambda: service.parts.watch.count == 0, "the stream ends")
