"""Connections of a node that cannot be held up, nor be led into a site's network by a server outside of it."""

from __future__ import annotations

import functools
import http.client
import io
import socket
import ssl
import time
import urllib.request
from collections.abc import Iterator
from typing import Any, Optional
from urllib.parse import urlsplit

from recast.worker.failure import Failure
from recast.worker.remote.guard import is_loopback, is_public

__all__ = ["opener_for", "paced"]

LEAST_BYTES_PER_S = 1024
"""Who sends or takes less, as soon as it was waited for `PATIENCE` time limits in sum, is given up."""

PATIENCE = 3.0
"""How many time limits the head of an answer may take, with all that a server sends before it."""

_CHUNK_BYTES = 64 << 10


def opener_for(url: str, timeout_s: float) -> urllib.request.OpenerDirector:
    """Return what opens a URL and follows redirects; this machine itself is never asked by way of a proxy."""
    own = [urllib.request.ProxyHandler({})] if is_loopback(urlsplit(url).netloc.rpartition("@")[2].lower()) else []
    return urllib.request.build_opener(_Redirects(), _Handler(timeout_s), *own)


def paced(body: Any, timeout_s: float) -> Iterator[bytes]:
    """Yield the data to send in pieces; raise TimeoutError if the receiver is far too slow."""
    chunks = iter(lambda: body.read(_CHUNK_BYTES), b"") if hasattr(body, "read") else iter(body)
    pace = _Pace(timeout_s * PATIENCE)
    for chunk in chunks:
        for place in range(0, len(chunk), _CHUNK_BYTES):
            piece = chunk[place : place + _CHUNK_BYTES]
            started = time.monotonic()
            yield piece
            pace.count(len(piece), time.monotonic() - started)


class _Pace:
    """How many bytes came for how much waiting."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._bytes, self._waited_s = 0, 0.0

    def count(self, count: int, waited_s: float) -> None:
        self._bytes += count
        self._waited_s += waited_s
        if self._waited_s > self._patience_s:
            if self._bytes < self._waited_s * LEAST_BYTES_PER_S:
                raise socket.timeout(f"far too slow: {self._bytes} bytes in {self._waited_s:.0f} s")
            self._bytes, self._waited_s = 0, 0.0


class _Counted(io.RawIOBase):
    """A socket's bytes; `until` is when the head has to be over, None while a body is read."""

    def __init__(self, sock: socket.socket, timeout_s: float) -> None:
        super().__init__()
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._timeout_s, self._pace = timeout_s, _Pace(timeout_s * PATIENCE)
        self.until: Optional[float] = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Optional[int]:
        started = time.monotonic()
        left_s = self._timeout_s if self.until is None else min(self._timeout_s, self.until - started)
        if left_s <= 0:
            raise socket.timeout("the head of the answer does not end")
        self._sock.settimeout(left_s)
        count: Optional[int] = self._raw.readinto(buffer)
        if self.until is None:
            self._pace.count(count or 0, time.monotonic() - started)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    """An answer whose head and body have to come in time."""

    def __init__(self, sock: socket.socket, *arguments: Any, **named: Any) -> None:
        super().__init__(sock, *arguments, **named)
        self.fp.close()
        self._timeout_s = sock.gettimeout() or 60.0
        self._counted = _Counted(sock, self._timeout_s)
        self.fp = io.BufferedReader(self._counted, _CHUNK_BYTES)

    def begin(self) -> None:
        self._counted.until = time.monotonic() + self._timeout_s * PATIENCE
        super().begin()
        self._counted.until = None


class _Plain(http.client.HTTPConnection):
    response_class = _Answer
    only_public = False

    def connect(self) -> None:
        super().connect()
        _judge(self)


class _Encrypted(http.client.HTTPSConnection):
    response_class = _Answer
    only_public = False

    def connect(self) -> None:
        super().connect()
        _judge(self)


def _judge(connection: Any) -> None:
    """Raise Failure if a server outside leads us to an address that is not everybody's; nothing was asked yet."""
    if connection.only_public and not is_public(str(connection.sock.getpeername()[0])):
        connection.close()
        raise Failure("staging", f"a server sends us on to {connection.host}, which is not a public address")


class _Handler(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    def __init__(self, timeout_s: float) -> None:
        urllib.request.HTTPSHandler.__init__(self, context=ssl.create_default_context())

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(functools.partial(_made, _Plain, req), req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        made = functools.partial(_made, _Encrypted, req)
        return self.do_open(made, req, context=self._context)  # type: ignore[attr-defined]


def _made(kind: Any, req: urllib.request.Request, host: str, **named: Any) -> Any:
    connection = kind(host, **named)
    connection.only_public = getattr(req, "only_public", False) and not req.has_proxy()
    return connection


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        before, after = urlsplit(req.full_url), urlsplit(newurl)
        where = f"{before.netloc.rpartition('@')[2]} sends us to {after.scheme}://{after.netloc.rpartition('@')[2]}"
        if after.scheme not in ("http", "https") or (before.scheme == "https" and after.scheme == "http"):
            raise Failure("staging", f"{where}, in the clear")
        new = super().redirect_request(req, fp, code, msg, headers, newurl)
        if new is not None:
            inherited = getattr(req, "only_public", False)
            new.only_public = inherited or (after.netloc != before.netloc and _is_outside(before.hostname or ""))  # type: ignore[attr-defined]
        return new


def _is_outside(host: str) -> bool:
    """Return whether a server is none of this site's."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return True
    return all(is_public(str(item[4][0])) for item in found)
