"""The API of a service over HTTP: each wish arrives once, and each refusal comes back as the error that it was."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from recast.errors import MovedOn, NetworkError, NotFound, UsageError
from recast.json_types import JsonDict
from recast.masked import masked, masked_url
from recast.operations.desk.problems import problem_of
from recast.operations.desk.shapes import Shape, fault_of, page_of
from recast.remote.exchange import attempts, speaking
from recast.strictjson import parse_json
from recast.terminal_safe import one_line
from recast.worker.remote.guard import may_carry_secrets

if TYPE_CHECKING:
    import ssl

__all__ = ["Server", "Told", "odd", "path_of"]

_MOST_BYTES = 256 << 20
"""The largest answer, and the largest list in all: a request of 2,000 points with a few results has about 20 MB."""

_LONGEST_S = 600.0
"""How long one answer may take: a server that sends a byte now and then never times out."""

_MOST_PAGES = 10_000

_SAME = 304
_LONGEST_WHY = 300
_OTHERWISE = "ask whoever runs the service"


@dataclass(frozen=True, slots=True)
class Told:
    """What a service answered: status, headers in lower case, the document (None without one) and its bytes."""

    status: int
    headers: Mapping[str, str]
    document: Any
    content: bytes = field(default=b"", repr=False)
    url: str = ""

    @property
    def etag(self) -> str:
        """The version of what was answered, for `If-Match`; empty if it has none."""
        return self.headers.get("etag", "")

    def fitting(self, shape: Shape) -> Any:
        """Return the document; raises NetworkError unless it has a form (`recast.operations.desk.shapes`)."""
        if fault := fault_of(self.document, shape):
            raise odd(self.url, fault)
        return self.document


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
        if self.token:
            self.check_secrets("token")

    def check_secrets(self, what: str) -> None:
        """Raise UsageError unless a secret of the user may go to the service: by TLS, or on this machine."""
        if not may_carry_secrets(self.address):
            raise UsageError(
                "The address of the service is not encrypted",
                where=masked_url(self.address),
                why=f"Your {what} would be readable on its way.",
                next_step="Give its https:// URL.",
            )

    def get(self, path: str, *, if_none_match: str = "", **query: str | int | None) -> Told:
        """Read something; `query` entries that are None or empty are left out.

        With the ETag of an earlier answer, one that is the same has status 304 and no document.
        """
        asked = urlencode({name: value for name, value in query.items() if value not in (None, "")})
        known = {"If-None-Match": if_none_match} if if_none_match else {}
        return self._ask("GET", f"{path}?{asked}" if asked else path, more=known)

    def pages(self, path: str, item: Shape = dict, **query: str | int | None) -> Iterator[JsonDict]:
        """Yield the items of a list, page by page; `item` is their form.

        Raises NetworkError for a list that does not end: a page that was there before, or too many in pages or bytes.
        """
        cursor: str | None = ""
        seen, left = set[str](), _MOST_BYTES
        while cursor is not None:
            seen.add(cursor)
            told = self.get(path, if_none_match="", **{**query, "cursor": cursor})
            page = told.fitting(page_of(item))
            yield from page["items"]
            cursor, left = page["next"], left - len(told.content)
            if cursor in seen or len(seen) > _MOST_PAGES or left < 0:
                raise odd(told.url, "the list does not end")

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
                try:
                    return self._sent(method, path, content, more or {})
                except (NotFound, MovedOn) as problem:
                    if attempt.num == 1:
                        raise
                    return _done_before(method, problem)
        raise AssertionError("the last attempt raises")

    def _sent(self, method: str, path: str, content: bytes | None, more: Mapping[str, str]) -> Told:
        from recast.remote.wire import client_for

        url = f"{self.address}/api/v1{path}"
        accepted = {"Accept": "application/json", "Accept-Encoding": "identity"}
        headers = {"User-Agent": "recast", "Content-Type": "application/json", **accepted, **more}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with (
            speaking(url, _OTHERWISE),
            client_for(url, self.timeout_s, _trusted()) as client,
            client.stream(method, url, headers=headers, content=content) as response,
        ):
            status, answered = response.status_code, dict(response.headers)
            said = _received(response.iter_raw(), answered, url)
        if status >= 300 and not (status == _SAME and "If-None-Match" in more):
            raise problem_of(status, answered, said, url)
        return Told(status, answered, _parsed(said, answered, url), said, url)


def path_of(*parts: str) -> str:
    """Return a path whose parts are quoted, so that an id cannot lead elsewhere; raises UsageError for an empty one."""
    if not all(part.strip(".") for part in parts):
        raise UsageError("An id is missing", next_step="recast request ls")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _done_before(method: str, problem: NotFound | MovedOn) -> Told:
    """Return the answer for what a try before has done, whose own answer was lost; else raise the problem.

    POST has a key for this; what is removed is gone; whether a change of something is ours cannot be told.
    """
    if method == "DELETE" and isinstance(problem, NotFound):
        return Told(204, {}, None)
    if method == "PATCH" and isinstance(problem, MovedOn):
        problem.why = f"{problem.why} An answer was lost on its way: the change may be your own.".strip()
        problem.next_step = "recast request show ID   (whether it is there already)"
    raise problem


def odd(url: str, why: str) -> NetworkError:
    """Return the error for an answer that is none of a service of RECAST; `why` is a clause about it."""
    return NetworkError(
        "The answer of the service cannot be used",
        where=masked_url(url),
        why=f"It is not what a service of RECAST answers: {one_line(masked(why), _LONGEST_WHY)}.",
        next_step=f"Check the address (--server URL), or {_OTHERWISE}",
    )


def _received(pieces: Iterator[bytes], headers: Mapping[str, str], url: str) -> bytes:
    """Return the bytes of an answer. Packed ones, which nobody asked for, are refused: they may unpack to any size."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise odd(url, "it is packed, and nobody asked for that")
    found, end = bytearray(), time.monotonic() + _LONGEST_S
    for piece in pieces:
        found += piece
        if len(found) > _MOST_BYTES:
            raise odd(url, f"it has more than {_MOST_BYTES} bytes")
        if time.monotonic() > end:
            raise odd(url, f"it does not end within {_LONGEST_S:.0f} s")
    return bytes(found)


def _parsed(said: bytes, headers: Mapping[str, str], url: str) -> Any:
    if not said or "json" not in headers.get("content-type", ""):
        return None
    try:
        return parse_json(said)
    except ValueError as problem:
        raise odd(url, str(problem)) from problem


def _json(document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def _if(etag: str) -> dict[str, str]:
    return {"If-Match": etag} if etag else {}


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes longer than a request."""
    import httpx2

    return httpx2.create_ssl_context()
