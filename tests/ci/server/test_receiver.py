"""What clients of the receiver cannot do: keep it busy, fill its memory, or learn anything."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from recast.ci.checkout import Remote
from recast.ci.forges import Hook
from recast.ci.server import receiver as module
from recast.ci.server.ledger import Ledger
from recast.ci.server.receiver import Receiver
from recast.ci.server.settings import Repository
from tests.testbeds.forge.deliver import send
from tests.testbeds.forge.sign import signed
from tests.waiting import until

SECRET = "a-secret-of-one-hook"
BODY = json.dumps(
    {"ref": "refs/heads/main", "before": "a" * 40, "after": "b" * 40, "repository": {"full_name": "group/analysis"}}
).encode()


@pytest.fixture
def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(module, "_MOST_CONNECTIONS", 4)
    monkeypatch.setattr(module, "_WHOLE_S", 1.0)
    remote = Remote("https://forge.example.org/group/analysis.git")
    hook = Hook("github", "group/analysis", SECRET.encode())
    repositories = {
        "analysis": Repository("analysis", remote, hook, None),
        "silent": Repository("silent", remote, None, None),
    }
    database = tmp_path / "ledger.sqlite"
    Ledger(database).__exit__()
    made = Receiver(("127.0.0.1", 0), repositories, database, lambda line: None, lambda name: None)
    thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join(10)


def raw(receiver: Receiver, content: bytes) -> bytes:
    """Send bytes as they are, and return all that is answered until the server closes."""
    parts = urlsplit(receiver.url)
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as opened:
        pieces = []
        with suppress(ConnectionError, OSError):  # the server may have closed it by now
            opened.sendall(content)
            opened.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while piece := opened.recv(65536):
                pieces.append(piece)
    return b"".join(pieces)


def test_a_delivery_is_noted_before_it_is_answered(receiver: Receiver) -> None:
    url = f"{receiver.url}/hooks/analysis"
    assert send(url, BODY, signed("github", "push", BODY, SECRET)) == (202, {"outcome": "accepted"})
    with Ledger(receiver.database) as ledger:
        assert list(ledger.known("analysis")[2]) == ["refs/heads/main"]


@pytest.mark.parametrize("path", ["/hooks/nobody", "/hooks/silent", "/", "/hooks/", "/hooks/analysis/", "/hooks/../x"])
def test_other_addresses_are_all_alike(receiver: Receiver, path: str) -> None:
    status, said = send(receiver.url + path, BODY, signed("github", "push", BODY, SECRET))
    assert (status, said["refused"]) == (404, "no-hook")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Content-Length: 99999999999\r\n", b"413"),
        (b"Content-Length: -1\r\n", b"411"),
        (b"Content-Length: 1e3\r\n", b"411"),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n", b"411"),
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", b"411"),
        (b"", b"411"),
        (b"Content-Length: 100\r\n", b"400"),
    ],
)
def test_lengths_that_are_refused(receiver: Receiver, head: bytes, status: bytes) -> None:
    said = raw(receiver, b"POST /hooks/analysis HTTP/1.1\r\nHost: x\r\n" + head + b"\r\nabc")
    assert said.split()[1] == status


@pytest.mark.parametrize(
    "content", [b"\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"POST /hooks/analysis HTTP/9.9\r\n\r\n", b"X" * 70_000]
)
def test_what_is_not_http_is_answered_or_cut_off_and_the_server_goes_on(receiver: Receiver, content: bytes) -> None:
    assert b"hooks/analysis" not in raw(receiver, content)
    assert raw(receiver, b"GET /healthz HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.0 200")


def test_slow_clients_are_cut_off_and_too_many_are_turned_away(receiver: Receiver) -> None:
    parts = urlsplit(receiver.url)
    with ExitStack() as stack:
        begun = time.monotonic()
        slow = [
            stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=60)) for _ in range(4)
        ]
        for each in slow:
            each.sendall(b"POST /hooks/analysis HTTP/1.1\r\nContent-Length: 1000\r\n\r\n")
        until(lambda: len(receiver._open) == 4, "all places taken", 30)
        assert raw(receiver, b"GET /healthz HTTP/1.1\r\n\r\n") == b""
        for each in slow:
            assert b" 400 " in each.recv(65536) or time.monotonic() - begun >= 1.0
    until(lambda: not receiver._open, "all places free", 30)
    assert raw(receiver, b"GET /healthz HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.0 200")
