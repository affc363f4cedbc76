"""HTTP clients that cannot be held up: no server, proxy or trickle of bytes keeps us longer than it is worth.

A time limit of a socket is for one call: a server that sends a byte now and then never meets it. So the sockets here
count what they wait for.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpcore2
import httpx2

from recast.errors import NetworkError
from recast.masked import masked_url
from recast.remote.guard import proxy_for

__all__ = ["client_for", "transport_for"]

LEAST_BYTES_PER_S = 1024
"""Who sends or takes less, as soon as it was waited for `PATIENCE` time limits in sum, is given up."""

PATIENCE = 3.0
"""How many time limits the head of an answer may take, with all that a server sends before it (RFC 9110, 1xx)."""


def client_for(
    url: str, timeout_s: float, verify: ssl.SSLContext | bool = True, most_connections: int = 1
) -> httpx2.Client:
    """Return a client for the server of a URL; no redirect is followed, no cookie or password of others is sent.

    Raise NetworkError for a proxy that cannot be used.
    """
    transport = transport_for(url, timeout_s, verify, most_connections)
    return httpx2.Client(transport=transport, timeout=timeout_s, trust_env=False)


def transport_for(
    url: str, timeout_s: float, verify: ssl.SSLContext | bool = True, most_connections: int = 1
) -> httpx2.HTTPTransport:
    """Return what a client for the server of a URL sends by; see `client_for`."""
    proxy, limits = proxy_for(url), httpx2.Limits(max_connections=most_connections)
    try:
        transport = _Bounded(verify=verify, limits=limits, proxy=proxy)
    except (ImportError, ValueError, httpx2.InvalidURL) as problem:
        raise _unusable(proxy or "", problem) from problem
    transport.hold_to(timeout_s)
    return transport


class _Bounded(httpx2.HTTPTransport):
    """A transport whose sockets count."""

    def hold_to(self, timeout_s: float) -> None:
        """Bound the head of each answer, and what is waited for as a whole."""
        self._backend = _Backend(timeout_s * PATIENCE)
        # There is no other way in: httpx2 makes its pool by itself.
        self._pool._network_backend = self._backend

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with self._backend.head():
            return super().handle_request(request)


class _Backend(httpcore2.SyncBackend):
    """Opens sockets that count; `patience_s` bounds a head, and is when a rate is first asked."""

    def __init__(self, patience_s: float) -> None:
        self.patience_s = patience_s
        self._this = threading.local()

    @contextmanager
    def head(self) -> Iterator[None]:
        """Bound how long this thread reads a head; what it sends before takes the time that it takes."""
        self._this.reads_head, self._this.until = True, None
        try:
            yield
        finally:
            self._this.reads_head = False

    def sends(self) -> None:
        """Begin anew: an answer is not waited for before the request is out."""
        self._this.until = None

    def left_s(self) -> float | None:
        """Return how long this thread may go on with a head, None while it reads none."""
        if not getattr(self._this, "reads_head", False):
            return None
        now = time.monotonic()
        until: float = self._this.until or now + self.patience_s
        self._this.until = until
        return max(0.0, until - now)

    def connect_tcp(self, *arguments: Any, **named: Any) -> httpcore2.NetworkStream:
        return _Stream(super().connect_tcp(*arguments, **named), self)


class _Stream(httpcore2.NetworkStream):
    """A socket that counts the time it waits and the bytes it gets for that."""

    def __init__(self, stream: httpcore2.NetworkStream, backend: _Backend) -> None:
        self._stream, self._backend = stream, backend
        self._bytes, self._waited_s, self._sends = 0, 0.0, False

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left_s = self._backend.left_s()
        if left_s is not None:
            if not left_s:
                raise httpcore2.ReadTimeout("the head of the answer does not end")
            timeout = left_s if timeout is None else min(timeout, left_s)
        self._turn(sends=False)
        started = time.monotonic()
        data = self._stream.read(max_bytes, timeout)
        if left_s is None:
            self._count(len(data), time.monotonic() - started, httpcore2.ReadTimeout)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._backend.sends()
        self._turn(sends=True)
        if isinstance(self._stream.get_extra_info("ssl_object"), ssl.SSLObject):  # within the TLS of a proxy
            self._stream.write(buffer, timeout)
            return
        opened: socket.socket = self._stream.get_extra_info("socket")
        left = memoryview(buffer)
        while left:  # by ourselves: the library lets each call of many take the whole time
            started = time.monotonic()
            try:
                opened.settimeout(timeout)
                sent = opened.send(left)
            except TimeoutError as problem:
                raise httpcore2.WriteTimeout(str(problem)) from problem
            except OSError as problem:
                raise httpcore2.WriteError(str(problem)) from problem
            self._count(sent, time.monotonic() - started, httpcore2.WriteTimeout)
            left = left[sent:]

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        # A handshake has one time limit as a whole in Python.
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._backend)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _turn(self, *, sends: bool) -> None:
        """Count anew where what is sent ends and what is received begins."""
        if sends is not self._sends:
            self._bytes, self._waited_s, self._sends = 0, 0.0, sends

    def _count(self, count: int, waited_s: float, trouble: type[Exception]) -> None:
        self._bytes += count
        self._waited_s += waited_s
        if self._waited_s > self._backend.patience_s:
            if self._bytes < self._waited_s * LEAST_BYTES_PER_S:
                raise trouble(f"{self._bytes} bytes in {self._waited_s:.0f} s")
            self._bytes, self._waited_s = 0, 0.0


def _unusable(proxy: str, problem: Exception) -> NetworkError:
    socks = proxy.startswith("socks")
    return NetworkError(
        "The proxy that the environment names cannot be used",
        where=masked_url(proxy),
        why="A SOCKS proxy needs a package that is not installed." if socks else str(problem),
        next_step="pip install socksio" if socks else "fix HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or unset it",
        code="network.proxy",
    )
