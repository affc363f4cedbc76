"""The API of a service over HTTP: each wish arrives once, and each refusal comes back as the error that it was."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from recast.errors import NetworkError, UsageError
from recast.json_types import JsonDict
from recast.masked import masked_url
from recast.operations.desk.problems import problem_of
from recast.remote.exchange import attempts, speaking
from recast.strictjson import parse_json
from recast.worker.remote.guard import may_carry_secrets

if TYPE_CHECKING:
    import ssl

__all__ = ["Server", "Told", "path_of"]

_MOST_BYTES = 256 << 20
"""The largest answer: a request of 2,000 points with a few results each has about 20 MB."""

_SAME = 304
_OTHERWISE = "ask whoever runs the service"


@dataclass(frozen=True, slots=True)
class Told:
    """What a service answered: status, headers in lower case, the document (None without one) and its bytes."""

    status: int
    headers: Mapping[str, str]
    document: Any
    content: bytes = field(default=b"", repr=False)

    @property
    def etag(self) -> str:
        """The version of what was answered, for `If-Match`; empty if it has none."""
        return self.headers.get("etag", "")


@dataclass(frozen=True, slots=True)
class Server:
    """A service at `address`, spoken to with `token` (empty: as a stranger).

    All methods raise the RecastError that the service describes, or NetworkError. A request that changes something has
    an `Idempotency-Key`, so that it is safe to send it again when an answer is lost. Redirects are not followed.
    """

    address: str
    token: str = field(default="", repr=False)
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        """Refuse to send the token unencrypted over a network; raise UsageError."""
        if self.token and not may_carry_secrets(self.address):
            raise UsageError(
                "The address of the service is not encrypted",
                where=masked_url(self.address),
                why="Your token would be readable on its way.",
                next_step="Give its https:// URL.",
            )

    def get(self, path: str, *, if_none_match: str = "", **query: str | int | None) -> Told:
        """Read something; `query` entries that are None or empty are left out.

        With the ETag of an earlier answer, one that is the same has status 304 and no document.
        """
        asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        known = {"If-None-Match": if_none_match} if if_none_match else {}
        return self._ask("GET", f"{path}?{asked}" if asked else path, more=known)

    def pages(self, path: str, **query: str | int | None) -> Iterator[JsonDict]:
        """Yield the items of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, if_none_match="", **{**query, "cursor": cursor}).document
            yield from page["items"]
            cursor = page["next"]

    def post(self, path: str, document: Any, *, if_match: str = "") -> Told:
        """Ask for something; sent again with the same key if the answer is lost."""
        headers = {"Idempotency-Key": secrets.token_hex(16)}
        return self._ask("POST", path, _json(document), {**headers, **_if(if_match)})

    def upload(self, path: str, content: bytes, name: str) -> Told:
        """Send the bytes of a file; `name` is only a label."""
        headers = {"Idempotency-Key": secrets.token_hex(16), "Content-Type": "application/octet-stream"}
        label = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return self._ask("POST", path, content, {**headers, **label})

    def patch(self, path: str, document: Any, *, if_match: str) -> Told:
        """Change something that is still as `if_match` says."""
        return self._ask("PATCH", path, _json(document), _if(if_match))

    def put(self, path: str) -> Told:
        """Say that something is so."""
        return self._ask("PUT", path)

    def delete(self, path: str) -> Told:
        """Remove something."""
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, content: bytes | None = None, more: Mapping[str, str] | None = None) -> Told:
        for attempt in attempts():
            with attempt:
                return self._sent(method, path, content, more or {})
        raise AssertionError("the last attempt raises")

    def _sent(self, method: str, path: str, content: bytes | None, more: Mapping[str, str]) -> Told:
        from recast.remote.wire import client_for

        url = f"{self.address}/api/v1{path}"
        headers = {"User-Agent": "recast", "Accept": "application/json", "Content-Type": "application/json", **more}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with speaking(url, _OTHERWISE), client_for(url, self.timeout_s, _trusted()) as client:
            with client.stream(method, url, headers=headers, content=content) as response:
                said = _received(response.iter_bytes(), url)
            status, answered = response.status_code, dict(response.headers)
        if status >= 300 and status != _SAME:
            raise problem_of(status, answered, said, url)
        return Told(status, answered, _parsed(said, answered, url), said)


def path_of(*parts: str) -> str:
    """Return a path whose parts are quoted, so that an id cannot lead elsewhere; raises UsageError for an empty one."""
    if not all(part.strip(".") for part in parts):
        raise UsageError("An id is missing", next_step="recast request ls")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _received(pieces: Iterator[bytes], url: str) -> bytes:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > _MOST_BYTES:
            raise NetworkError("The answer of the service is too large", where=masked_url(url))
    return bytes(found)


def _parsed(said: bytes, headers: Mapping[str, str], url: str) -> Any:
    if not said or "json" not in headers.get("content-type", ""):
        return None
    try:
        return parse_json(said)
    except ValueError as problem:
        raise NetworkError(
            "The answer of the service cannot be read", where=masked_url(url), why=str(problem)
        ) from problem


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _if(etag: str) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes longer than a request."""
    import httpx2

    return httpx2.create_ssl_context()
