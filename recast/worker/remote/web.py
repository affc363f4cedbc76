"""HTTP with the standard library: who we are, where we may be sent, and what is worth another try."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Optional, TypeVar
from urllib.parse import urlsplit

from recast.worker.failure import Failure
from recast.worker.remote.guard import may_carry_secrets
from recast.worker.remote.wire import opener_for, paced

__all__ = [
    "TIMEOUT_S",
    "Answered",
    "Passing",
    "Proof",
    "ask",
    "named",
    "persistent",
    "read_token",
]

TIMEOUT_S = 60.0
_PAUSES_S = (0.5, 1.0, 2.0)
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_LARGEST_SECRET_BYTES = 64 << 10
_PARAMETER = re.compile(r";[^/]*")

_Result = TypeVar("_Result")


class Passing(Exception):
    """A fault that may be gone in a moment: a server that is down or busy, a connection that broke."""


class Answered(Failure):
    """A server answered with a status that another try will not change."""

    def __init__(self, kind: str, message: str, code: int) -> None:
        super().__init__(kind, message)
        self.code = code


class Proof:
    """Who asks: a bearer token or nothing. `answer` may make a better one when a server asks for it."""

    def __init__(self, token: str = "") -> None:
        self._token = token

    def header(self) -> str:
        """Return the `Authorization` to send, empty for none."""
        return f"Bearer {self._token}" if self._token else ""

    @property
    def is_secret(self) -> bool:
        """Whether nobody on the way may read what is sent."""
        return bool(self._token)

    def answer(self, challenges: list[str]) -> bool:
        """Return whether a new try makes sense after a server said 401 with these `WWW-Authenticate`."""
        return False


def ask(
    method: str, url: str, proof: Proof, headers: Optional[Mapping[str, str]] = None, body: Any = None
) -> http.client.HTTPResponse:
    """Send a request and return its answer, to be read and closed.

    The proof goes to the server asked and not to where it sends us. Raises Passing, or Failure: `authentication` if
    the server refuses us, `staging` for whatever else it says.
    """
    for again in (True, False):
        if proof.header() and proof.is_secret and not may_carry_secrets(url):
            raise Failure(
                "authentication", f"{_server(url)} is spoken to in the clear, where anybody could read our credentials"
            )
        sent = body if body is None else paced(body, TIMEOUT_S)
        request = urllib.request.Request(url, data=sent, method=method, headers=dict(headers or {}))  # noqa: S310
        if proof.header():
            request.add_unredirected_header("Authorization", proof.header())
        try:
            answer: http.client.HTTPResponse = opener_for(url, TIMEOUT_S).open(request, timeout=TIMEOUT_S)
            return answer
        except urllib.error.HTTPError as problem:
            with problem:
                challenges = problem.headers.get_all("WWW-Authenticate") or []
                if not (again and problem.code == 401 and proof.answer(challenges)):
                    raise _refusal(problem.code, method, url) from None
        except ValueError as problem:  # where it sends us is not a URL
            raise Failure("staging", f"{_server(url)} sends us to nowhere: {problem}") from None
        except (OSError, http.client.HTTPException) as problem:
            reason = getattr(problem, "reason", problem)
            if isinstance(reason, ssl.SSLCertVerificationError):
                raise Failure("staging", f"{_server(url)} shows a certificate that is not trusted: {reason}") from None
            if isinstance(reason, http.client.InvalidURL):
                reason = "its URL is malformed"  # what Python says has all of it
            raise Passing(f"{_server(url)} cannot be reached: {reason}") from None
    raise AssertionError("the second answer ends it")


def persistent(action: Callable[[], _Result], kind: str) -> _Result:
    """Do something up to four times while its faults are passing; raises Failure of `kind` after that."""
    for pause_s in (*_PAUSES_S, None):
        try:
            return action()
        except Passing as problem:
            if pause_s is None:
                raise Failure(kind, str(problem)) from None
            time.sleep(pause_s)
    raise AssertionError("the last pause is None")


def read_token(path: str) -> str:
    """Return the bearer token in a file, empty for no file; raises Failure (`authentication`)."""
    if not path:
        return ""
    try:
        with open(path, encoding="ascii") as file:
            token = file.read(_LARGEST_SECRET_BYTES).strip()
    except (OSError, ValueError) as problem:
        raise Failure("authentication", f"the token in {path} cannot be read: {problem}") from None
    if not token or not token.isprintable():
        raise Failure("authentication", f"{path} holds no token")
    return token


def _refusal(code: int, method: str, url: str) -> Exception:
    where = f"{method} {named(url)}"
    if code in _PASSING:
        return Passing(f"{_server(url)} answers {code} to {where}")
    if code in (401, 403):
        return Answered("authentication", f"{_server(url)} does not let us: {code} to {where}", code)
    return Answered("staging", f"{_server(url)} answers {code} to {where}", code)


def _server(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def named(url: str) -> str:
    """Return a URL as a message may hold it: without user, query and fragment, where secrets stand."""
    parts = urlsplit(url)
    return json.dumps(f"{parts.scheme}://{_server(url)}{_PARAMETER.sub('', parts.path)}")[1:-1][:300]
