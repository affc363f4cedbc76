"""HTTP requests to one registry: authentication, redirects, limits and errors; one request per thread at a time."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from recast.errors import NetworkError
from recast.registry.http.answers import problem_of
from recast.registry.http.challenge import parse_challenges
from recast.registry.http.credentials import find_credentials
from recast.registry.http.tokens import Tokens
from recast.registry.http.transport import Transport
from recast.registry.name import Target
from recast.registry.settings import Settings, api_host
from recast.remote.exchange import MOST_REDIRECTS, attempts, redirect_target, speaking
from recast.remote.guard import check_redirect
from recast.remote.hosts import shown

if TYPE_CHECKING:
    import httpx2

__all__ = ["Answer", "Ask", "Session"]

_LARGEST_TEXT = 64 << 10
_OTHERWISE = "work with images that are here: recast image ls"


@dataclass(frozen=True)
class Ask:
    """One request. `url` is a path below `/v2/`, or a full URL from the registry.

    `actions` is what the token must allow; `body` yields the `length` bytes to send, again for each attempt; `wanted`
    are the statuses that are not errors.
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
    """Status, headers (lower case) and the complete content of a short response; `url` is the one that responded."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


class Session:
    """A connection to the registry of `target`, opened on first use; thread-safe; close it when done.

    `strangers` says that an untrusted document named the registry, not the user: unless the user has configured it
    (credentials, mirror, plain HTTP), it must then have public addresses.
    """

    def __init__(self, target: Target, settings: Settings, *, strangers: bool = False) -> None:
        self.target, self.settings = target, settings
        self._asked = settings.asked(target)
        plain = settings.is_plain(self._asked)
        known = plain or self._asked != target or target.host in settings.own
        judged = strangers and not known and find_credentials(self._asked) is None
        self._transport = Transport(api_host(self._asked), settings, plain=plain, only_public=judged)
        self._lock = threading.Lock()
        self._held: Tokens | None = None

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def judge(self) -> None:
        """Raise PermissionDenied if an untrusted document may not name this registry; nothing is sent."""
        self._transport.judge()

    @property
    def repository(self) -> str:
        """The repository as named at the contacted host."""
        return self._asked.repository

    @property
    def base(self) -> str:
        """Return `https://host` of the registry, or `http://` where that is allowed."""
        return self._transport.base

    def short(self, ask: Ask, most_bytes: int = _LARGEST_TEXT) -> Answer:
        """Return a short response completely; transient errors are retried."""
        for attempt in attempts():
            with attempt:
                answer = self.once(ask, most_bytes)
        return answer

    def once(self, ask: Ask, most_bytes: int = _LARGEST_TEXT) -> Answer:
        """Return a short response completely, in one attempt."""
        with self.open(ask) as (response, url):
            content = b"".join(self.received(response, most_bytes, url))
            return Answer(response.status_code, dict(response.headers), content, url)

    @contextlib.contextmanager
    def open(self, ask: Ask) -> Iterator[tuple[httpx2.Response, str]]:
        """Send a request and follow redirects; yield the response with unread body, and its URL.

        Raises an error for any status not in `ask.wanted`.
        """
        url = ask.url if "://" in ask.url else f"{self.base}/v2/{ask.url}"
        proved = False
        for _ in range(MOST_REDIRECTS + 2):
            header = self._proof(ask, url)
            with speaking(url, _OTHERWISE), self._sent(ask, url, header) as response:
                if ask.method in ("GET", "HEAD") and response.has_redirect_location:
                    url = _followed(url, response.headers["location"])
                    _finish(response)
                    continue
                if response.status_code == 401 and not proved and self._transport.is_own(url):
                    proved = True
                    challenges = parse_challenges(response.headers.get_list("www-authenticate"))
                    if self._tokens.answer(challenges, self._scopes(ask), header):
                        _finish(response)
                        continue
                self._check(response, ask, url)
                yield response, url
                return
        raise NetworkError("A registry redirects in a loop", where=shown(url), next_step="Check its address.")

    def received(self, response: httpx2.Response, most_bytes: int, url: str) -> Iterator[bytes]:
        """Yield the body as it arrives; raise NetworkError if it exceeds the limit."""
        count = 0
        for piece in response.iter_raw():
            count += len(piece)
            if count > most_bytes:
                raise NetworkError(
                    f"A registry sends more than the expected {most_bytes} bytes",
                    where=shown(url),
                    why="It deviates from its manifest, or it is not a registry.",
                    next_step="Check its address, and try again.",
                    code="network.too-large",
                )
            yield piece

    # -- inside

    @property
    def _tokens(self) -> Tokens:
        with self._lock:
            if self._held is None:
                self._held = Tokens(self.base, find_credentials(self._asked), self._call_token)
            return self._held

    def _scopes(self, ask: Ask) -> tuple[str, ...]:
        own = f"repository:{self.repository}:{ask.actions}"
        also = replace(self.target, repository=ask.also_from) if ask.also_from else None
        other = (f"repository:{self.settings.asked(also).repository}:pull",) if also else ()
        return (own, *other)

    def _proof(self, ask: Ask, url: str) -> str | None:
        """Return the authorization header, only for the registry itself: a redirect to another server never gets it."""
        return self._tokens.header(self._scopes(ask)) if self._transport.is_own(url) else None

    @contextlib.contextmanager
    def _sent(self, ask: Ask, url: str, proof: str | None) -> Iterator[httpx2.Response]:
        headers = {"User-Agent": "recast", "Accept-Encoding": "identity", **ask.headers}
        if proof is not None:
            headers["Authorization"] = proof
        if ask.body is not None or ask.method in ("POST", "PUT", "PATCH"):
            headers["Content-Length"] = str(ask.length)
        with self._transport.sent(ask.method, url, headers, ask.body() if ask.body else None) as answer:
            yield answer

    def _check(self, response: httpx2.Response, ask: Ask, url: str) -> None:
        if response.status_code in ask.wanted:
            return
        body = b""
        if ask.method != "HEAD":
            with contextlib.suppress(NetworkError):
                for piece in self.received(response, _LARGEST_TEXT, url):
                    body += piece
        raise problem_of(response.status_code, response.headers, body, url, self._asked, self._tokens.standing)

    def _call_token(self, url: str, headers: Mapping[str, str], form: bytes | None) -> bytes:
        """Call a token server with only the credentials in `headers`."""
        more = {"Content-Type": "application/x-www-form-urlencoded"} if form is not None else {}
        body = (lambda: iter([form])) if form is not None else None
        ask = Ask(
            "POST" if form is not None else "GET", url, headers={**headers, **more}, body=body, length=len(form or b"")
        )
        with speaking(url, _OTHERWISE), self._sent(ask, url, None) as response:
            self._check(response, ask, url)
            return b"".join(self.received(response, _LARGEST_TEXT, url))


def _finish(response: httpx2.Response) -> None:
    """Read a short body to its end, so that the connection can be used again."""
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) <= _LARGEST_TEXT:
        response.read()


def _followed(url: str, location: str) -> str:
    target = redirect_target(url, location)
    check_redirect(url, target)
    return target
