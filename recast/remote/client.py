"""HTTP GET with limits on size, time, redirects and retries, and on where tokens are sent."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from recast.errors import NetworkError
from recast.json_types import JsonDict
from recast.remote.answers import problem_of
from recast.remote.exchange import MOST_REDIRECTS, attempts, redirect_target, speaking
from recast.remote.guard import Server, check_redirect, public_address
from recast.remote.hosts import Hosts, origin_of, shown

if TYPE_CHECKING:
    import httpx2

__all__ = ["Answer", "Client", "Sink", "receive"]

MOST_TEXT_BYTES = 8 << 20
LONGEST_DOWNLOAD_S = 3600.0
"""A server that sends one byte per second never times out; this limit ends it."""
_OTHERWISE = "work with a local copy: --toplevel DIR"


class Sink(Protocol):
    """A receiver of body bytes."""

    def write(self, data: bytes, /) -> object:
        """Write the next bytes."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A server's response; `content` is empty if it was written to a file or has not changed (`status` 304)."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""


class Client:
    """Sends requests. `named` are URLs that the user gave: only their servers may have addresses in the local network.

    `otherwise` is advice for the user if the network cannot be used.
    """

    def __init__(self, known: Hosts, named: Iterable[str] = (), otherwise: str = _OTHERWISE) -> None:
        self.hosts, self._otherwise = known, otherwise
        self._trusted: set[Server] = {origin_of(url) for url in (*known.apis.values(), *named)}

    def get(self, url: str, headers: Mapping[str, str] | None = None, most_bytes: int = MOST_TEXT_BYTES) -> Answer:
        """Return the response with its content; raise NetworkError, PermissionDenied or NotFound."""
        for attempt in attempts():
            with attempt:
                content = _Content()
                answer = self._once(url, headers or {}, content, most_bytes)
        return Answer(answer.status, answer.headers, b"".join(content.pieces))

    def download(self, url: str, path: Path, most_bytes: int, headers: Mapping[str, str] | None = None) -> Answer:
        """Write a URL's content to a file, which an interrupted attempt leaves incomplete; raise as `get` does."""
        for attempt in attempts():
            with attempt, path.open("wb") as file:
                answer = self._once(url, headers or {}, file, most_bytes)
        return answer

    @contextmanager
    def answered(
        self, url: str, headers: Mapping[str, str], also: frozenset[int] = frozenset()
    ) -> Iterator[tuple[str, httpx2.Response]]:
        """Send one GET, follow redirects, and yield the last URL with the unread response.

        Raises an error for its status, unless it is one of `also`; reading it may raise NetworkError, too.
        """
        for _ in range(MOST_REDIRECTS + 1):
            with speaking(url, self._otherwise), self._connected(url, headers) as response:
                if response.has_redirect_location:
                    target = redirect_target(url, response.headers["location"])
                    check_redirect(url, target)
                    url = target
                    continue
                status = response.status_code
                problem = None if status in also else problem_of(status, response.headers, url, self.hosts)
                if problem is not None:
                    raise problem
                yield url, response
                return
        raise NetworkError(
            "A server redirects in a loop",
            where=shown(url),
            why=f"There were more than {MOST_REDIRECTS} redirects.",
            next_step="Check the URL.",
        )

    def _once(self, url: str, headers: Mapping[str, str], sink: Sink, most_bytes: int) -> Answer:
        with self.answered(url, headers) as (last, response):
            receive(response, sink, most_bytes, last)
            return Answer(response.status_code, dict(response.headers))

    @contextmanager
    def _connected(self, url: str, headers: Mapping[str, str]) -> Iterator[httpx2.Response]:
        """Send one request; the token is sent only to its own server, which is checked for every redirect."""
        import httpx2

        from recast.remote.wire import client_for

        address = public_address(url, self._trusted)
        own = {"User-Agent": "recast", "Accept-Encoding": "identity", **headers, **self.hosts.credentials(url)}
        extensions: JsonDict = {}
        target = httpx2.URL(url)
        if address is not None:
            own["Host"] = target.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            target = target.copy_with(host=address)
        with (
            client_for(url, self.hosts.timeout_s) as client,
            client.stream("GET", target, headers=own, extensions=extensions) as response,
        ):
            yield response


class _Content:
    """A sink in memory."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes, /) -> None:
        self.pieces.append(data)


def receive(response: httpx2.Response, sink: Sink, most_bytes: int, url: str, have_bytes: int = 0) -> None:
    """Write a response's body to a sink in pieces; raise NetworkError if it is too large or takes too long.

    `have_bytes` of the maximum of `most_bytes` are already there.
    """
    deadline = time.monotonic() + LONGEST_DOWNLOAD_S
    count = have_bytes
    for piece in response.iter_bytes():  # as they arrive: buffered bytes would be lost with the connection
        count += len(piece)
        if count > most_bytes:
            raise NetworkError(
                f"A server sends more than {most_bytes} bytes",
                where=shown(url),
                why="This is not what was requested, or too large to be fetched automatically.",
                next_step="Download it yourself and give the local file or folder.",
                code="network.too-large",
            )
        if time.monotonic() > deadline:
            raise NetworkError("A download takes too long", where=shown(url), why=f"{LONGEST_DOWNLOAD_S:.0f} s passed.")
        sink.write(piece)
