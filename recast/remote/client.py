"""HTTP GET with bounds: on size, time, redirects, tries, and on where tokens go."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from recast.errors import NetworkError
from recast.remote.answers import problem_of
from recast.remote.exchange import MOST_REDIRECTS, attempts, redirect_target, speaking
from recast.remote.guard import Server, check_redirect, public_address
from recast.remote.hosts import Hosts, origin_of, shown

if TYPE_CHECKING:
    import httpx2

__all__ = ["Answer", "Client"]

MOST_TEXT_BYTES = 8 << 20
LONGEST_DOWNLOAD_S = 3600.0
"""A server that sends a byte a second never times out; this ends it."""
_OTHERWISE = "work with a local copy: --toplevel DIR"


class _Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's answer; `content` is empty if it was written to a file or has not changed (`status` 304)."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class Client:
    """Asks servers. `named` are URLs that the user gave: only their servers may have addresses of this network."""

    def __init__(self, known: Hosts, named: Iterable[str] = ()) -> None:
        self.hosts = known
        self._trusted: set[Server] = {origin_of(url) for url in (*known.apis.values(), *named)}

    def get(self, url: str, headers: Mapping[str, str] | None = None, most_bytes: int = MOST_TEXT_BYTES) -> Answer:
        """Return the answer with its content; raise NetworkError, PermissionDenied or NotFound."""
        for attempt in attempts():
            with attempt:
                content = _Content()
                answer = self._once(url, headers or {}, content, most_bytes)
        return Answer(answer.status, answer.headers, b"".join(content.pieces))

    def download(self, url: str, path: Path, most_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Write what a URL answers into a file, which a broken try leaves incomplete; raise as `get`."""
        for attempt in attempts():
            with attempt, path.open("wb") as file:
                answer = self._once(url, headers or {}, file, most_bytes)
        return answer

    def _once(self, url: str, headers: Mapping[str, str], sink: _Sink, most_bytes: int) -> Answer:
        for _ in range(MOST_REDIRECTS + 1):
            with speaking(url, _OTHERWISE), self._connected(url, headers) as response:
                if response.has_redirect_location:
                    target = redirect_target(url, response.headers["location"])
                    check_redirect(url, target)
                    url = target
                    continue
                if (problem := problem_of(response.status_code, response.headers, url, self.hosts)) is not None:
                    raise problem
                _receive(response, sink, most_bytes, url)
                return Answer(response.status_code, dict(response.headers))
        raise NetworkError(
            "A server sends us round in circles",
            where=shown(url),
            why=f"{MOST_REDIRECTS} redirects led nowhere.",
            next_step="Check the URL.",
        )

    @contextmanager
    def _connected(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """Send one request; the token goes along only to the server that it is for, on every redirect anew."""
        import httpx2

        address = public_address(url, self._trusted)
        own = {"User-Agent": "recast", "Accept-Encoding": "identity", **headers, **self.hosts.credentials(url)}
        extensions: dict[str, Any] = {}
        target = httpx2.URL(url)
        if address is not None:
            own["Host"] = target.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            target = target.copy_with(host=address)
        with (
            httpx2.Client(timeout=self.hosts.timeout_s, follow_redirects=False) as client,
            client.stream("GET", target, headers=own, extensions=extensions) as response,
        ):
            yield response


class _Content:
    """A sink in memory."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> None:
        self.pieces.append(data)


def _receive(response: httpx2.Response, sink: _Sink, most_bytes: int, url: str) -> None:
    deadline = time.monotonic() + LONGEST_DOWNLOAD_S
    count = 0
    for piece in response.iter_bytes(1 << 16):
        count += len(piece)
        if count > most_bytes:
            raise NetworkError(
                f"A server sends more than {most_bytes} bytes",
                where=shown(url),
                why="So much is not what was asked for, or too much to be fetched without being asked.",
                next_step="Download it yourself and give the local file or folder.",
                code="network.too-large",
            )
        if time.monotonic() > deadline:
            raise NetworkError("A download takes too long", where=shown(url), why=f"{LONGEST_DOWNLOAD_S:.0f} s passed.")
        sink.write(piece)
