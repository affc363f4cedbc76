"""Who asks is found before anything is looked up, and before a byte of a body is read: what is refused costs little."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import Any

import httpx2
import pytest

from recast.desk.model import Request
from recast.errors import InfrastructureError
from recast.service.around import size
from recast.service.http import json_body
from recast.service.seats import Seats
from tests.service.running import Running
from tests.service.staged import ASKED, Staged
from tests.service.test_faults import locked, pragma
from tests.waiting import until

NOTHING = "q" + "a" * 26


def alike(client: httpx2.Client, method: str, path: str, names: list[str], **given: Any) -> int:
    """Return the status that an address answers with, the same for each name."""
    answers = [client.request(method, path.format(name), **given) for name in names]
    texts = {answer.text.replace(name, "ID") for answer, name in zip(answers, names, strict=True)}
    assert len({it.status_code for it in answers}) == len(texts) == 1, [it.text for it in answers]
    return answers[0].status_code


@pytest.fixture
def hidden(service: Running) -> Request:
    staged = Staged(service)
    request = staged.request("submitted", "private")
    staged.run(request)
    return request


def test_what_is_wrong_with_a_visitor_is_said_before_what_is_hidden(service: Running, hidden: Request) -> None:
    names = [hidden.id, NOTHING]
    addresses = [
        "/requests/{}",
        "/requests/{}/history",
        "/runs/run-{}",
        "/runs/run-{}/log?step=x",
        "/requests/{}/events",
    ]
    for path in addresses:
        assert alike(service.client("x"), "GET", path, names) == 401
        assert alike(service.client(Host="evil.example"), "GET", path, names) == 403


def test_headers_that_cannot_be_used_tell_nothing(service: Running, hidden: Request) -> None:
    names, bob = [hidden.id, NOTHING], service.client(service.person("bob"))
    word = {"action": "comment", "text": "x"}
    for client in (service.client(), bob):
        several = {"If-Match": '"1","2"'}
        assert alike(client, "POST", "/requests/{}/actions", names, json=word, headers=several) == 400
        assert alike(client, "PATCH", "/requests/{}", names, json={"title": "x"}, headers=several) == 400
        assert alike(client, "PATCH", "/requests/{}", names, json={"title": "x"}) == 428
    key = {"Idempotency-Key": "used"}
    assert bob.post("/requests", json=ASKED, headers=key).status_code == 201
    assert alike(bob, "POST", "/requests/{}/actions", names, json=word, headers=key) == 404
    assert alike(bob, "POST", "/requests/{}/actions", names, json={**word, "action": "answer"}) == 404


def test_a_request_that_is_hidden_meanwhile_is_not_shown(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    staged = Staged(service)
    request = staged.request("submitted")
    whole = service.parts.recent.whole

    def later(head: Request) -> Request:
        monkeypatch.undo()
        staged.act(request.id, "publish", staged.alice, audience="private")
        return whole(head)

    monkeypatch.setattr(service.parts.recent, "whole", later)
    assert service.client().get(f"/requests/{request.id}").status_code == 404


def test_a_token_that_is_used_while_another_is_revoked_stops_nobody(service: Running) -> None:
    ada = service.client(service.person("ada"))
    gone = ada.get("/tokens").json()["items"][0]["id"]
    other = service.client(service.person("ada"))
    service.clock.time += 7200  # now each use is noted again
    began = time.monotonic()
    assert other.delete(f"/tokens/{gone}").status_code == 204
    assert time.monotonic() - began < 8, "a transaction waited for its own thread"
    left = other.get("/tokens").json()["items"]
    assert len(left) == 1 and left[0]["used"] == service.parts.identity.gate.now(), "its use is noted, too"


def test_what_is_refused_does_not_wait_for_the_lock(service: Running) -> None:
    request = Staged(service).request("submitted")
    bob = service.client(service.person("bob"))
    bob.get("/me")
    service.parts.ledger.database.engine.dispose()
    with pragma(service, "busy_timeout = 50", "busy_timeout = 30000"), locked(service):
        assert service.act(service.client(), request.id, "comment", text="x").status_code == 403
        assert service.act(bob, request.id, "accept").status_code == 403
        assert service.act(bob, request.id, "run").status_code in (403, 409)
        late = {"action": "comment", "text": "x"}
        said = bob.post(f"/requests/{request.id}/actions", json=late, headers={"If-Match": '"1"'})
        assert said.status_code == 412
        assert service.client().post("/requests", json=ASKED).status_code == 403


def test_what_is_refused_is_neither_validated_nor_loaded(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Staged(service).request("accepted")

    def never(*_: object) -> None:
        raise AssertionError("this is dear")

    monkeypatch.setattr("recast.service.asked.checked_answer", never)
    monkeypatch.setattr("recast.service.facts.facts_for", never)
    monkeypatch.setattr(service.parts.recent, "whole", never)
    said = service.act(service.client(), request.id, "answer", point="p1", results=[1] * 1000)
    assert said.status_code == 403


def test_who_asks_is_judged_before_the_body_is_read(service: Running) -> None:
    json = {"Content-Type": "application/json"}
    assert service.client("x", **json).post("/requests", content=b"{").status_code == 401
    assert service.client(Host="evil.example", **json).post("/requests", content=b"{").status_code == 403
    assert service.client(Host="evil.example", **json).post("/login/local", content=b"{").status_code == 403


def test_bodies_of_strangers_are_short(service: Running) -> None:
    long = {**ASKED, "reason": "x" * 100_000}
    ada = service.client(service.person("ada"))
    assert service.client().post("/requests", json=long).status_code == 413
    assert ada.post("/requests", json=long).status_code == 422, "it is read, and one text is too long"
    assert ada.post("/tokens", json={"name": "x" * 100_000, "scopes": ["read"]}).status_code == 413
    points = {"points": [{"coordinates": {"m": 1}}] * 1500, "axes": []}
    points["points"][0] = {"coordinates": {"m": "x" * 100_000}}
    assert service.client().post("/check", json=points).status_code == 200, "points may be checked by anybody"
    pieces = (b"x" * 10_000 for _ in range(20))
    chunked = service.client(**{"Content-Type": "application/json"}).post("/requests", content=pieces)
    assert chunked.status_code == 413


def test_routes_of_large_bodies_are_there() -> None:
    from recast.service.routes import ACTIONS

    assert set(ACTIONS) >= size.LARGE


def test_a_body_that_does_not_come_is_not_waited_for(service: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_body, "_AT_ONCE_S", 0.05)
    monkeypatch.setattr(json_body, "_SLOWEST_BYTES_PER_S", 1e12)
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 60) as connection:
        head = f"POST /api/v1/check HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_connection_without_a_request_is_closed() -> None:
    asyncio.run(_silent_connections())


async def _silent_connections() -> None:
    import uvicorn

    from recast.service.connections import protocol_for

    may_end = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await may_end.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=protocol_for((), 0.2), log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    address = listener.getsockname()[:2]
    silent, to_silent = await asyncio.open_connection(*address)
    slow, to_slow = await asyncio.open_connection(*address)
    to_slow.write(b"GET / HTTP/1.1\r\nHost: x\r\nX-Begun:")
    busy, to_busy = await asyncio.open_connection(*address)
    to_busy.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert await asyncio.wait_for(silent.read(), 60) == await asyncio.wait_for(slow.read(), 60) == b""
    may_end.set()
    assert (await asyncio.wait_for(busy.readline(), 60)).startswith(b"HTTP/1.1 200"), "a request is not cut off"
    server.should_exit = True
    await serving
    for writer in (to_silent, to_slow, to_busy):
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def test_seats_are_shared() -> None:
    seats = Seats(3, each=2, kept=1)
    with seats.one("@a"), seats.one("@b"):
        for stranger in ("@a", "@c"):
            with pytest.raises(InfrastructureError) as busy, seats.one(stranger):
                pass
            assert busy.value.code == "service.busy"
        with seats.one("ann"), pytest.raises(InfrastructureError), seats.one("bob"):
            pass
    with seats.one("ann"), seats.one("ann"):
        with pytest.raises(InfrastructureError):
            seats.check("ann")
        seats.check("bob")


def test_a_stream_has_a_seat_and_gives_it_back(service: Running) -> None:
    request = Staged(service).request("submitted")
    object.__setattr__(service.parts, "streams", Seats(10, each=1))
    bob, path = service.client(service.person("bob")), f"/requests/{request.id}/events"
    with bob.stream("GET", path) as first:
        assert first.status_code == 200
        lines = first.iter_lines()
        next(lines)
        assert bob.get(path).json()["code"] == "service.busy"
        assert service.client().head(path).status_code == 200

    def free() -> bool:
        with bob.stream("GET", path) as again:
            return again.status_code == 200

    until(free, "the seat is free again")


def test_whether_the_service_is_ready_is_asked_of_the_ledger_once_a_second() -> None:
    asked: list[int] = []
    monotonic = [0.0]
    from recast.service.readiness import Readiness

    ready = Readiness(lambda: asked.append(1), lambda: monotonic[0])
    for _ in range(5):
        ready.check()
    assert len(asked) == 1
    monotonic[0] = 2.0
    ready.check()
    assert len(asked) == 2


def test_a_token_that_may_not_read_says_whose_it_is_and_no_more(service: Running) -> None:
    service.publish()
    service.person("ada", roles="operator")
    ada = service.client(service.person("ada"))
    assert ada.put(f"/analyses/{ASKED['analysis']}/watch").status_code == 204
    assert ada.get("/me").json()["watching"] and ada.get("/me").json()["roles"] == ["operator"]
    blind = service.client(service.person("ada", "request")).get("/me").json()
    assert blind["name"] == "ada" and blind["user"] == service.people["ada"]
    assert blind["watching"] == blind["roles"] == blind["contact_of"] == []


def test_what_a_reader_has_is_no_other_readers(service: Running) -> None:
    request = Staged(service).request("answered")
    carol, stranger = service.client(service.person("carol")), service.client()
    path = f"/requests/{request.id}"
    hers = carol.get(path)
    assert hers.headers["vary"] == "Authorization, Cookie"
    theirs = stranger.get(path, headers={"If-None-Match": hers.headers["etag"]})
    assert theirs.status_code == 200 and theirs.json()["points"][0]["answers"][0]["withheld"]
    assert carol.get(path, headers={"If-None-Match": hers.headers["etag"]}).status_code == 304
    service.publish(policy="closed")
    assert hers.headers["etag"].startswith(f'"{request.version}-')


def test_head_is_told_as_head_and_never_has_a_body(
    service: Running, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service.parts.ledger.catalogue, "search", broken)
    host, port = service.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), 60) as connection:
        connection.sendall(
            f"HEAD /api/v1/analyses HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
        )
        said = b"".join(iter(lambda: connection.recv(4096), b""))
    assert said.startswith(b"HTTP/1.1 500") and said.endswith(b"\r\n\r\n")
    lines: list[str] = []

    def told() -> bool:
        lines.extend(capsys.readouterr().err.splitlines())
        return any(
            '"event": "request"' in it and '"method": "HEAD"' in it and '"/api/v1/analyses"' in it for it in lines
        )

    until(told, "the log says what was asked")
    assert b'method="HEAD",route="/api/v1/analyses",status="500"' in service.parts.metrics.text(everything=True)


def test_the_cookie_of_a_dead_link_is_taken_away(service: Running) -> None:
    request = Staged(service).request("submitted", "private")
    client = httpx2.Client(
        base_url=service.url, trust_env=False, timeout=60, headers={"Cookie": "recast-link=rcl_gone"}
    )
    for path, status in ((f"/api/v1/requests/{request.id}", 404), ("/api/v1/requests", 200)):
        said = client.get(path)
        assert said.status_code == status
        assert said.headers["set-cookie"].startswith('recast-link="";') and "Max-Age=0" in said.headers["set-cookie"]
    for _ in range(80):
        assert client.get("/api/v1/me").status_code == 200, "an old cookie keeps nobody out"
    client.close()


def test_nobody_is_invited_where_there_are_no_accounts(service: Running) -> None:
    from dataclasses import replace

    identity = replace(service.parts.settings.identity, local_accounts=False)
    object.__setattr__(service.parts.settings, "identity", identity)
    root = service.client(service.person("root", roles="administrator"))
    said = root.post("/invitations", json={"role": ""})
    assert said.status_code == 403 and said.json()["code"] == "permission.local-accounts"
