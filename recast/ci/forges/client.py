"""The API of a forge over HTTP: statuses and comments, each as often as needed to be there once."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from recast.ci.forges import comments, states
from recast.ci.forges.events import Dialect
from recast.ci.forges.states import Asked, Status
from recast.errors import NetworkError, NotFound, PermissionDenied, RecastError, UsageError
from recast.json_types import JsonValue
from recast.masked import masked, masked_url
from recast.remote.answers import Transient, odd_answer, rate_limited
from recast.remote.exchange import attempts, speaking
from recast.remote.wire import client_for
from recast.strictjson import parse_json
from recast.terminal_safe import one_line
from recast.worker.remote.guard import may_carry_secrets

__all__ = ["Forge"]

_MOST_BYTES = 8 << 20
_MOST_PAGES = 20
_OTHERWISE = "wait: what could not be told is told again later"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Forge:
    """A repository in the API of a forge.

    `base` is `https://SERVER/api/v4/projects/ID` (GitLab), `https://api.github.com/repos/OWNER/NAME` (GitHub) or
    `https://SERVER/api/v1/repos/OWNER/NAME` (Gitea, Forgejo). Redirects are not followed. All methods raise
    NetworkError, PermissionDenied or NotFound; what may pass is tried again a few times before.
    """

    dialect: Dialect
    base: str
    token: str = field(repr=False)
    timeout_s: float = 20.0

    def __post_init__(self) -> None:
        """Refuse to send the token unencrypted over a network; raise UsageError."""
        if not self.base.startswith(("https://", "http://")) or not may_carry_secrets(self.base):
            raise UsageError(
                "The address of a forge's API is not allowed",
                where=masked_url(self.base),
                why="A token would be sent over an unencrypted connection, or it is not a URL.",
                next_step="give the https:// URL",
            )

    def set_status(self, commit: str, status: Status, *, look_first: bool) -> None:
        """Set the status of a commit. With `look_first`, do nothing if it is there already: an earlier attempt may
        have arrived.
        """
        if look_first and states.is_there(
            self.dialect, self._value(states.look(self.dialect, self.base, commit)), status
        ):
            return
        asked = states.tell(self.dialect, self.base, commit, status)
        answer = self._ask(asked)
        if not states.refused_as_same(self.dialect, answer.status, answer.value, status):
            _check(answer, asked)

    def set_comment(self, number: int, summary: str, known: int | None = None) -> int:
        """Write our comment on a request, or replace it; return its id. `known` is the id of an earlier time."""
        begin = comments.seal(self.token, self.base, number)
        body = comments.body_of(summary, begin)
        if known is not None and self._changed(number, known, body):
            return known
        for there in self._find(number, begin):
            if self._changed(number, there, body):
                return there
        created = self._value(comments.create(self.dialect, self.base, number, body))
        comment = created.get("id") if isinstance(created, dict) else None
        if not isinstance(comment, int):
            raise NetworkError("A forge does not say which comment it wrote", where=masked_url(self.base))
        return comment

    def _changed(self, number: int, comment: int, body: str) -> bool:
        asked = comments.change(self.dialect, self.base, number, comment, body)
        answer = self._ask(asked)
        if answer.status in (403, 404):  # somebody else's, or gone
            return False
        _check(answer, asked)
        return True

    def _find(self, number: int, begin: str) -> list[int]:
        found: list[int] = []
        for page in range(1, _MOST_PAGES + 1):
            rows = self._value(comments.find(self.dialect, self.base, number, page))
            if not isinstance(rows, list) or not rows:
                break
            found += comments.ours(rows, begin)
        return found

    def _value(self, asked: Asked) -> JsonValue:
        answer = self._ask(asked)
        _check(answer, asked)
        return answer.value

    def _ask(self, asked: Asked) -> _Answer:
        for attempt in attempts():
            with attempt:
                # A new comment may have been written although its answer was lost: the caller looks for it before.
                return self._once(asked, final=asked.method == "POST" and "/statuses/" not in asked.url)
        raise AssertionError("the last attempt raises")

    def _once(self, asked: Asked, *, final: bool) -> _Answer:
        try:
            return self._sent(asked)
        except Transient as problem:
            if final:
                raise NetworkError(
                    problem.what, where=problem.where, why=problem.why, next_step=problem.next_step
                ) from problem
            raise

    def _sent(self, asked: Asked) -> _Answer:
        content = None if asked.body is None else json.dumps(asked.body).encode()
        with speaking(asked.url, _OTHERWISE), client_for(asked.url, self.timeout_s, _trusted()) as client:
            with client.stream(asked.method, asked.url, headers=self._headers(), content=content) as response:
                said = b""
                for piece in response.iter_bytes():
                    said += piece
                    if len(said) > _MOST_BYTES:
                        raise NetworkError("A forge's answer is too large", where=masked_url(asked.url))
            status, headers = response.status_code, dict(response.headers)
        if problem := _passing(status, headers, asked.url):
            raise problem
        return _Answer(status, _parsed(said))

    def _headers(self) -> dict[str, str]:
        common = {"User-Agent": "recast", "Accept": "application/json", "Content-Type": "application/json"}
        if self.dialect == "gitlab":
            return {**common, "PRIVATE-TOKEN": self.token}
        if self.dialect == "github":
            return {**common, "Accept": "application/vnd.github+json", "Authorization": f"Bearer {self.token}"}
        return {**common, "Authorization": f"token {self.token}"}


@cache
def _trusted() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes longer than a request."""
    import httpx2

    return httpx2.create_ssl_context()


def _parsed(said: bytes) -> JsonValue:
    try:
        return parse_json(said) if said else None
    except ValueError:
        return None


def _passing(status: int, headers: Mapping[str, str], url: str) -> RecastError | None:
    """Return the error for an answer that will be another one later."""
    limited = "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"
    if status == 429 or (status == 403 and limited):
        return rate_limited(headers, url, "")
    return odd_answer(status, url) if status >= 500 else None


def _check(answer: _Answer, asked: Asked) -> None:
    """Raise the error for any status but success."""
    if 200 <= answer.status < 300:
        return
    said = answer.value.get("message") if isinstance(answer.value, dict) else None
    where = masked_url(asked.url)
    why = f"It answers {answer.status}" + (f": {one_line(masked(str(said)))[:300]}" if said else ".")
    if answer.status in (401, 403):
        raise PermissionDenied(
            "A forge does not accept our token for this",
            where=where,
            why=why,
            next_step="check the token's file and scopes; for requests from forks, see the page of the server",
            code="permission.server",
        )
    if answer.status == 404:
        raise NotFound(
            "There is nothing at this address", where=where, why=why, next_step="check status_url",
            code="not-found.remote",
        )  # fmt: skip
    raise NetworkError("A forge refuses what we tell it", where=where, why=why, next_step="check status_url")
