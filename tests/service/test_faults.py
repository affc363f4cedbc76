"""What goes wrong beneath: a ledger that is full, read-only or locked; clocks that jump. Nothing is half done."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.service.running import Running
from tests.service.staged import ASKED, Staged
from tests.waiting import BOUND_S, until


@contextmanager
def locked(service: Running) -> Iterator[None]:
    """Hold the lock of the ledger, as another process may."""
    with sqlite3.connect(str(service.parts.ledger.database.path), timeout=30) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.rollback()
    other.close()


@contextmanager
def pragma(service: Running, words: str, back: str) -> Iterator[None]:
    """Make each connection of the service one that cannot write."""
    from sqlalchemy import event

    engine = service.parts.ledger.database.engine

    def set_words(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA {words}")

    def set_back(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA {back}")

    event.listen(engine, "checkout", set_words)
    yield
    event.remove(engine, "checkout", set_words)
    event.listen(engine, "checkout", set_back)


def unavailable(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["code"] == "ledger.unavailable" and int(answer.headers["retry-after"]) >= 1
    assert "sqlite" not in answer.json()["why"] and not answer.json()["where"]


@pytest.mark.parametrize(
    ("words", "back"), [("query_only = 1", "query_only = 0"), ("max_page_count = 1", "max_page_count = 1073741823")]
)
def test_a_ledger_that_cannot_be_written_is_read(service: Running, words: str, back: str) -> None:
    request = Staged(service).request("submitted")
    ada, carol = service.client(service.person("ada")), service.client(service.person("carol"))
    big = {**ASKED, "points": [{"coordinates": {"m": n, "x": "y" * 900}} for n in range(300)]}
    with pragma(service, words, back):
        unavailable(ada.post("/requests", json=big, headers={"Idempotency-Key": "k"}))
        assert service.client().get(f"/requests/{request.id}").status_code == 200
        assert httpx2.get(f"{service.url}/healthz", trust_env=False, timeout=BOUND_S).status_code == 200
    assert ada.post("/requests", json=big, headers={"Idempotency-Key": "k"}).status_code == 201
    assert service.act(carol, request.id, "accept").status_code == 200
    assert ada.get("/requests", params={"mine": True}).json()["total"] == 1
    assert service.parts.ledger.audit_holds() == []


def test_a_ledger_that_another_holds_is_waited_for_and_read_meanwhile(
    service: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Staged(service).request("submitted")
    carol = service.client(service.person("carol"))
    service.parts.ledger.database.engine.dispose()
    with pragma(service, "busy_timeout = 50", "busy_timeout = 30000"), locked(service):
        assert service.client().get(f"/requests/{request.id}").status_code == 200
        unavailable(service.act(carol, request.id, "accept"))
    assert service.act(carol, request.id, "accept").status_code == 200


def test_a_clock_that_jumps_ahead_ends_tokens_and_nothing_else(service: Running) -> None:
    request = Staged(service).request("submitted")
    carol = service.client(service.person("carol"))
    service.clock.time += 10 * 365 * 86400
    late = carol.get(f"/requests/{request.id}")
    assert late.status_code == 401 and late.json()["code"] == "permission.token"
    assert service.client().get(f"/requests/{request.id}").status_code == 200


def test_a_clock_that_goes_back_loses_nothing(service: Running) -> None:
    staged = Staged(service)
    carol = service.client(service.person("carol"))
    request = staged.request("submitted")
    service.clock.time -= 86_400
    accepted = service.act(carol, request.id, "accept")
    assert accepted.status_code == 200
    assert service.act(service.client(service.person("alice")), request.id, "comment", text="x").status_code == 200
    assert service.client().get("/requests").json()["total"] == 1
    assert service.parts.ledger.audit_holds() == []


def test_what_nobody_foresaw_is_a_problem_without_a_traceback(
    service: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(service.parts.ledger.catalogue, "search", broken)
    answer = service.client().get("/analyses")
    assert answer.status_code == 500 and answer.json()["code"] == "unforeseen"
    assert "secret" not in answer.text and "Zero" not in answer.text
    told = capsys.readouterr().err
    assert answer.headers["x-request-id"] in told and "ZeroDivisionError" in told


def test_the_log_holds_no_secret_and_one_line_for_each_request(
    service: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    token = service.person("ada")
    capsys.readouterr()
    service.client(token).get("/requests/q123?cursor=verysecret")
    httpx2.get(f"{service.url}/links/rcl_{'s' * 22}", trust_env=False, timeout=BOUND_S)
    lines: list[str] = []

    def both() -> bool:
        lines.extend(capsys.readouterr().err.splitlines())
        return len([line for line in lines if '"event": "request"' in line]) == 2

    until(both, "a line for each request: it is written after the answer")
    for secret in (token, "verysecret", "rcl_", "q123"):
        assert secret not in "\n".join(lines)


def test_metrics_tell_strangers_nothing_and_operators_all(service: Running) -> None:
    url = f"{service.url}/metrics"
    stranger = httpx2.get(url, trust_env=False, timeout=BOUND_S)
    assert b"recast_info" in stranger.content and b"http" not in stranger.content
    token = service.person("otto", roles="operator")
    said = httpx2.get(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=BOUND_S)
    assert b'recast_http_requests_total{method="GET",route="/metrics",status="200"} 1.0' in said.content
