"""A computing element that drips is given up, and none is spoken to in the clear; no bed is needed for that."""

from __future__ import annotations

import asyncio
import gc
import socket
import ssl
import threading
import time
import warnings
from typing import Any

import pytest

from recast.errors import ExecutorError
from recast.executors.arc.element import PEER
from recast.executors.grid.session import Session
from tests.remote.test_servers_that_hold_us_up import HELD_UP, LONGEST_S, at_once, talking


class Known:
    """Credentials that are always good."""

    look = "look-at-credentials"

    def headers(self) -> dict[str, str]:
        return {"Authorization": "Bearer t0ken"}

    def stamp(self) -> tuple[int, int, int]:
        return (0, 0, 0)

    def check(self) -> None:
        pass

    def context(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def session(endpoint: str) -> Session:
    known: Any = Known()
    return Session(endpoint, known, 0.15, 2, PEER)


@pytest.mark.parametrize("name", HELD_UP)
def test_a_computing_element_that_drips(name: str) -> None:
    async def ask(host: str) -> None:
        made = session(f"http://{host}/arex")
        try:
            await made.ask("GET", "/1.0/jobs", again=False)
        finally:
            await made.close()

    started = time.monotonic()
    with talking(HELD_UP[name]) as host, pytest.raises(ExecutorError):
        asyncio.run(ask(host))
    assert time.monotonic() - started < LONGEST_S


def test_a_head_that_is_too_long_is_nonsense_and_no_cut() -> None:
    async def ask(host: str) -> None:
        known: Any = Known()
        made = Session(f"http://{host}/arex", known, LONGEST_S, 2, PEER)
        try:
            await made.ask("GET", "/1.0/jobs", again=False)
        finally:
            await made.close()

    with (
        talking(at_once(b"HTTP/1.1 200 " + b"x" * 1_000_000)) as host,
        pytest.raises(ExecutorError, match="answers nonsense"),
    ):
        asyncio.run(ask(host))


def test_a_handshake_that_is_cancelled_leaves_no_connection() -> None:
    """Closing an executor cancels what is under way; a connection left to the garbage collector is a warning."""
    connected = threading.Event()

    def mute(peer: socket.socket, over: threading.Event) -> None:
        peer.recv(1)  # the handshake has begun
        connected.set()
        over.wait(LONGEST_S)

    async def ask(host: str) -> None:
        known: Any = Known()
        made = Session(f"https://{host}/arex", known, LONGEST_S, 2, PEER)
        asking = asyncio.create_task(made.ask("GET", "/1.0/jobs", again=False))
        await asyncio.to_thread(connected.wait, LONGEST_S)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await made.close()

    with talking(mute) as host, warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        asyncio.run(ask(host))
        gc.collect()
    assert not [str(warning.message) for warning in said if warning.category is ResourceWarning]


def test_no_token_goes_in_the_clear() -> None:
    for endpoint in ("http://ce.example.org/arex", "nonsense", "https://[/"):
        with pytest.raises(ExecutorError, match="in the clear"):
            session(endpoint)
