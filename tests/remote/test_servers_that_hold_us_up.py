"""Servers and proxies that drip, trickle and go on for ever are given up, by the driver's clients and by a node's."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from recast.errors import NetworkError, RecastError
from recast.registry import Registry
from recast.remote.client import Client
from recast.remote.hosts import hosts
from recast.worker.failure import Failure
from recast.worker.remote import web
from recast.worker.remote.fetch import read_small

Talk = Callable[[socket.socket, threading.Event], None]
LONGEST_S = 300.0
"""For ever, as far as a test can tell; each takes about a second."""


def each(pieces: bytes, pause_s: float = 0.05, first: bytes = b"") -> Talk:
    """Send `first`, then bytes one by one, for ever."""

    def talk(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(65536)
        peer.sendall(first)
        while not over.wait(pause_s):
            for place in range(len(pieces)):
                peer.sendall(pieces[place : place + 1])
                if over.wait(pause_s):
                    return

    return talk


def at_once(piece: bytes) -> Talk:
    """Send a piece for ever, as fast as it goes."""

    def talk(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(65536)
        while not over.is_set():
            peer.sendall(piece)

    return talk


def trickled_tls(peer: socket.socket, over: threading.Event) -> None:
    peer.sendall(b"\x16\x03\x03\x40\x00\x02")  # a record of 16 kB begins
    while not over.wait(0.05):
        peer.sendall(b"\x00")


HELD_UP = {
    "a head, letter by letter": each(b"HTTP/1.1 200 OK\r\n" + b"X-Letter: aaaaaaaaaaaaaaaa\r\n" * 50),
    "headers, one by one": each(b"X: y\r\n", 0.02, b"HTTP/1.1 200 OK\r\n"),
    "a body, byte by byte": each(b"x", 0.05, b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
    "chunks of a byte": each(b"1\r\nx\r\n", 0.02, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a chunk's size": each(b"0", 0.05, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "answers before the answer": each(b"HTTP/1.1 100 Continue\r\n\r\n", 0.005),
    "such answers at once": at_once(b"HTTP/1.1 100 Continue\r\n\r\n" * 10),
    "other such answers at once": at_once(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 10),
    "a status line without an end": at_once(b"HTTP/1.1 200 " + b"x" * 1000),
}


@contextmanager
def talking(talk: Talk) -> Iterator[str]:
    """Serve on loopback until the end of the block; yield `host:port`."""
    over = threading.Event()

    def serve(peer: socket.socket) -> None:
        with peer, suppress(OSError):
            peer.settimeout(LONGEST_S)
            talk(peer, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                threads.append(threading.Thread(target=serve, args=(peer,)))
                threads[-1].start()

    threads: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join(LONGEST_S)
            for thread in threads:
                thread.join(LONGEST_S)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    import stamina

    monkeypatch.setenv("RECAST_HTTP_TIMEOUT_S", "0.15")
    monkeypatch.setattr(web, "TIMEOUT_S", 0.15)
    monkeypatch.setattr(web, "_PAUSES_S", ())
    stamina.set_testing(True, attempts=1)


@pytest.mark.parametrize("name", HELD_UP)
def test_a_client_gives_up(name: str) -> None:
    started = time.monotonic()
    with talking(HELD_UP[name]) as host, pytest.raises(NetworkError):
        Client(hosts(), [f"http://{host}"]).get(f"http://{host}/x")
    assert time.monotonic() - started < LONGEST_S


@pytest.mark.parametrize("name", HELD_UP)
def test_a_registry_gives_up(name: str) -> None:
    started = time.monotonic()
    with talking(HELD_UP[name]) as host, pytest.raises(NetworkError), Registry(f"{host}/a/b") as registry:
        registry.document("latest")
    assert time.monotonic() - started < LONGEST_S


@pytest.mark.parametrize("name", HELD_UP)
def test_a_node_gives_up(name: str) -> None:
    started = time.monotonic()
    with talking(HELD_UP[name]) as host, pytest.raises(Failure):
        read_small(f"http://{host}/x", 1 << 20, web.Proof(), "*/*", "staging")
    assert time.monotonic() - started < LONGEST_S


def test_a_greeting_that_trickles() -> None:
    with talking(trickled_tls) as host:
        with pytest.raises(NetworkError):
            Client(hosts(), [f"https://{host}"]).get(f"https://{host}/x")
        with pytest.raises(Failure):
            read_small(f"https://{host}/x", 1 << 20, web.Proof(), "*/*", "staging")


def swallow_slowly(peer: socket.socket, over: threading.Event) -> None:
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    while not over.wait(0.05):
        peer.recv(10)


def test_a_server_that_takes_what_we_send_byte_by_byte(tmp_path: os.PathLike[str]) -> None:
    from pathlib import Path

    from recast.worker.remote.put import _send

    file = Path(tmp_path) / "large"
    with file.open("wb") as opened:
        opened.truncate(64 << 20)
    started = time.monotonic()
    with talking(swallow_slowly) as host, pytest.raises((web.Passing, Failure)):
        _send(str(file), f"http://{host}/x", 64 << 20, web.Proof())
    assert time.monotonic() - started < LONGEST_S


def test_lists_of_tags_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recast.registry.tags._MOST_PAGES", 20)

    def page(peer: socket.socket, over: threading.Event) -> None:
        while (asked := peer.recv(65536)) and not over.is_set():
            number = sum(asked) + int(time.monotonic() * 1e6)
            head = (
                f'HTTP/1.1 200 OK\r\nLink: </v2/a/b/tags/list?last={number}>; rel="next"\r\nContent-Length: 11\r\n\r\n'
            )
            peer.sendall(head.encode() + b'{"tags":[]}')

    with talking(page) as host, pytest.raises(RecastError, match="no end"), Registry(f"{host}/a/b") as registry:
        registry.tags()


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:9", "socks5h://u:very-secret@127.0.0.1:9", "gopher://x:1"])
def test_a_proxy_that_cannot_be_used(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(NetworkError) as caught:
        Client(hosts(), ["https://example.org"]).get("https://example.org/x")
    assert caught.value.exit_code == 4 and "very-secret" not in repr(caught.value.as_json())


def test_this_machine_is_not_asked_by_way_of_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    with talking(lambda peer, over: (peer.recv(65536), peer.sendall(answer))[1]) as host:
        assert Client(hosts(), [f"http://{host}"]).get(f"http://{host}/x").content == b"ok"
        assert read_small(f"http://{host}/x", 100, web.Proof(), "*/*", "staging") == b"ok"
