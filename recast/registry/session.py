"""One registry over HTTP: proofs, redirects, bounds and errors; one request at a time for each thread."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recast.errors import NetworkError
from recast.registry.answers import problem_of
from recast.registry.challenge import parse_challenges
from recast.registry.credentials import find_credentials
from recast.registry.name import Target
from recast.registry.settings import Settings, is_loopback
from recast.registry.tls import tls_context
from recast.registry.tokens import Tokens
from recast.remote.answers import Transient
from recast.remote.exchange import MOST_REDIRECTS, attempts, redirect_target, speaking
from recast.remote.guard import check_redirect, public_address
from recast.remote.hosts import origin_of, shown

if TYPE_CHECKING:
    import httpx2

__all__ = ["Answer", "Ask", "Session"]

_LARGEST_TEXT = 64 << 10
_OTHERWISE = "work with images that are here: recast image ls"
_SLOWEST_BYTES_PER_S = 1024


@dataclass(frozen=True)
class Ask:
    """One request. `url` is a path below `/v2/`, or a whole URL that the registry gave.

    `actions` is what the token must allow; `body` makes the `length` bytes to send, anew for each try; `wanted` are the
    statuses that are no error.
    """

    method: str
    url: str
    actions: str = "pull"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Iterator[bytes]] | None = None
    length: int = 0
    wanted: tuple[int, ...] = (200,)
    also_from: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (lower case) and the whole content of a short answer; `url` is the one that answered."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


class Session:
    """Talks to the registry of `target`, which it reaches when first asked; thread-safe; close it when done."""

    def __init__(self, target: Target, settings: Settings) -> None:
        self.target, self.settings = target, settings
        self._host, self._prefix = settings.api(target.host)
        self._lock = threading.RLock()
        self._client: httpx2.Client | None = None
        self._base = ""
        self._tokens: Tokens | None = None

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None

    @property
    def repository(self) -> str:
        """Return the repository as the asked host knows it."""
        return self._prefix + self.target.repository

    @property
    def base(self) -> str:
        """Return `https://host` of the registry, or `http://` where that is allowed."""
        self._ready()
        return self._base

    def short(self, ask: Ask, most_bytes: int = _LARGEST_TEXT) -> Answer:
        """Return a short answer whole; passing troubles are tried again."""
        for attempt in attempts():
            with attempt:
                answer = self.once(ask, most_bytes)
        return answer

    def once(self, ask: Ask, most_bytes: int = _LARGEST_TEXT) -> Answer:
        """Return a short answer whole, by one try."""
        with self.open(ask) as (response, url):
            content = b"" if ask.method == "HEAD" else b"".join(self.received(response, most_bytes, url))
            return Answer(response.status_code, dict(response.headers), content, url)

    @contextlib.contextmanager
    def open(self, ask: Ask) -> Iterator[tuple[httpx2.Response, str]]:
        """Send a request and follow where it leads; yield the answer, its body unread, and its URL.

        Raise what any status but `ask.wanted` means.
        """
        self._ready()
        url = ask.url if "://" in ask.url else f"{self._base}/v2/{ask.url}"
        proved = False
        for _ in range(MOST_REDIRECTS + 2):
            header = self._proof(ask, url)
            with speaking(url, _OTHERWISE), self._sent(ask, url, header) as response:
                if ask.method in ("GET", "HEAD") and response.has_redirect_location:
                    url = self._followed(url, response.headers["location"])
                    continue
                if response.status_code == 401 and not proved and self._is_own(url):
                    proved = True
                    challenges = parse_challenges(response.headers.get_list("www-authenticate"))
                    if self._tokens is not None and self._tokens.answer(challenges, self._scopes(ask), header):
                        continue
                self._check(response, ask, url)
                yield response, url
                return
        raise NetworkError("A registry sends us round in circles", where=shown(url), next_step="Check its address.")

    def received(self, response: httpx2.Response, most_bytes: int, url: str) -> Iterator[bytes]:
        """Yield the body as it comes; raise NetworkError if it is longer than it may be, or far too slow."""
        count, since, then = 0, 0, time.monotonic()
        window_s = 3 * self.settings.timeout_s
        for piece in response.iter_raw():
            count += len(piece)
            if count > most_bytes:
                raise NetworkError(
                    f"A registry sends more than the {most_bytes} bytes that were to come",
                    where=shown(url),
                    why="It does not keep to what its manifest says, or it is no registry.",
                    next_step="Check its address, and try again.",
                    code="network.too-large",
                )
            yield piece
            if (now := time.monotonic()) - then > window_s:
                if count - since < window_s * _SLOWEST_BYTES_PER_S:
                    raise Transient("A registry is too slow", where=shown(url), why=f"{count} bytes so far")
                since, then = count, now

    # -- inside

    def _ready(self) -> None:
        with self._lock:
            if self._client is not None:
                return
            import httpx2

            self._client = httpx2.Client(
                timeout=self.settings.timeout_s,
                follow_redirects=False,
                verify=tls_context(self._host),
                limits=httpx2.Limits(max_connections=self.settings.parallel + 2),
            )
            self._base = f"{self._scheme()}://{self._host}"
            self._tokens = Tokens(self._base, find_credentials(self.target), self._call_token)

    def _scheme(self) -> str:
        """Return https; http where the user says so, and on this machine itself if nobody speaks TLS there."""
        if self._host in self.settings.plain_http or self.target.host in self.settings.plain_http:
            return "http"
        return "http" if is_loopback(self._host) and not _speaks_tls(self._host, self.settings.timeout_s) else "https"

    def _is_own(self, url: str) -> bool:
        return origin_of(url) == origin_of(self._base)

    def _scopes(self, ask: Ask) -> tuple[str, ...]:
        own = f"repository:{self.repository}:{ask.actions}"
        other = (f"repository:{self._prefix}{ask.also_from}:pull",) if ask.also_from else ()
        return (own, *other)

    def _proof(self, ask: Ask, url: str) -> str | None:
        """Return the proof, for the registry itself only: a redirect to another server never gets it."""
        if self._tokens is None or not self._is_own(url):
            return None
        return self._tokens.header(self._scopes(ask))

    def _followed(self, url: str, location: str) -> str:
        target = redirect_target(url, location)
        check_redirect(url, target)
        return target

    @contextlib.contextmanager
    def _sent(self, ask: Ask, url: str, proof: str | None) -> Iterator[httpx2.Response]:
        headers = {"User-Agent": "recast", "Accept-Encoding": "identity", **ask.headers}
        if proof is not None:
            headers["Authorization"] = proof
        content = None
        if ask.body is not None:
            headers["Content-Length"] = str(ask.length)
            content = ask.body()
        elif ask.method in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = "0"
        with (
            self._reached(url, headers) as (client, address, extensions),
            client.stream(ask.method, address, headers=headers, content=content, extensions=extensions) as answer,
        ):
            yield answer

    @contextlib.contextmanager
    def _reached(self, url: str, headers: dict[str, str]) -> Iterator[tuple[httpx2.Client, Any, dict[str, Any]]]:
        """Yield the client to use: our own for the registry, a fresh one for a server that the registry names.

        Such a server must have a public address, unless the registry itself is of this network.
        """
        import httpx2

        assert self._client is not None
        if self._is_own(url):
            yield self._client, url, {}
            return
        trusted = [] if self._is_public() else [origin_of(url)]
        address = public_address(url, trusted)
        target, extensions = httpx2.URL(url), {}
        if address is not None:
            headers["Host"] = target.netloc.decode("ascii")
            extensions["sni_hostname"] = target.host
            target = target.copy_with(host=address)
        verify = tls_context(httpx2.URL(url).netloc.decode("ascii"))
        with httpx2.Client(timeout=self.settings.timeout_s, verify=verify) as client:
            yield client, target, extensions

    def _is_public(self) -> bool:
        from recast.errors import PermissionDenied

        try:
            public_address(self._base, ())
        except PermissionDenied:
            return False
        return True

    def _check(self, response: httpx2.Response, ask: Ask, url: str) -> None:
        if response.status_code in ask.wanted:
            return
        body = b""
        if ask.method != "HEAD":
            with contextlib.suppress(NetworkError):
                for piece in self.received(response, _LARGEST_TEXT, url):
                    body += piece
        known_as = self._tokens.source if self._tokens is not None else ""
        raise problem_of(response.status_code, response.headers, body, url, self.target, known_as)

    def _call_token(self, url: str, headers: Mapping[str, str], form: bytes | None) -> bytes:
        """Ask a token server, without any proof but the credentials in `headers`."""
        more = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        body = (lambda: iter([form])) if form is not None else None
        ask = Ask(
            "POST" if form is not None else "GET", url, headers={**headers, **more}, body=body, length=len(form or b"")
        )
        with speaking(url, _OTHERWISE), self._sent(ask, url, None) as response:
            self._check(response, ask, url)
            return b"".join(self.received(response, _LARGEST_TEXT, url))


def _speaks_tls(host: str, timeout_s: float) -> bool:
    """Return whether a server of this machine answers a TLS greeting, whatever its certificate."""
    import socket
    import ssl

    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "443")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((name.strip("[]"), int(port)), timeout_s) as plain,
            context.wrap_socket(plain, server_hostname=name.strip("[]")),
        ):
            return True
    except (OSError, ValueError):
        return False
