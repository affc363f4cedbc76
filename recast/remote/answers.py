"""Interpret a server's HTTP status: which error it is, whether to retry, and when."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from recast.errors import NetworkError, NotFound, PermissionDenied, RecastError
from recast.remote.hosts import TOKEN_VARIABLES, Hosts, shown

__all__ = ["Transient", "odd_answer", "problem_of", "rate_limited"]

LONGEST_WAIT_S = 15.0
"""If a server asks for a longer wait, the request is not retried; the error says when to try again."""
_YEAR_S = 365 * 86400.0


class Transient(NetworkError):
    """A transient error. `wait_s` is the wait that the server asks for, None if it does not."""

    def __init__(self, what: str, *, wait_s: float | None = None, **texts: Any) -> None:
        super().__init__(what, **texts)
        self.wait_s = wait_s


def problem_of(status: int, headers: Mapping[str, str], url: str, hosts: Hosts) -> RecastError | None:
    """Return the error for a status, None for success (200) or no change (304)."""
    if status in (200, 304):
        return None
    if status == 429 or (status == 403 and _limited(headers)):
        return rate_limited(headers, url, _token_hint(url, hosts))
    if status in (401, 403, 407):
        return _denied(status, url, hosts)
    if status in (404, 409, 410, 422):
        return _missing(status, url, hosts)
    return odd_answer(status, url)


def odd_answer(status: int, url: str, said: str = "") -> NetworkError:
    """Return the error for an unexpected status: a transient one for errors of the server."""
    where, why = shown(url), f"The server answers {status}{said}."
    if status >= 500:
        return Transient("A server has an internal error", where=where, why=why, next_step="Try again later.")
    return NetworkError("A server's response is not valid", where=where, why=why, next_step="Check the URL.")


def _limited(headers: Mapping[str, str]) -> bool:
    return "retry-after" in headers or headers.get("x-ratelimit-remaining") == "0"


def rate_limited(headers: Mapping[str, str], url: str, hint: str) -> NetworkError:
    """Return the error for a rate limit; `hint` says what helps besides waiting."""
    wait_s = _wait_s(headers)
    until = datetime.fromtimestamp(time.time() + min(wait_s or 60.0, _YEAR_S), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    texts = {
        "where": shown(url),
        "why": "The server limits the requests from this address.",
        "next_step": f"Try again after {until}{hint}",
        "code": "network.rate-limit",
    }
    what = "A server's rate limit is reached"
    if wait_s is not None and wait_s > LONGEST_WAIT_S:
        return NetworkError(what, **texts)
    return Transient(what, wait_s=wait_s, **texts)


def _wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the wait that a server asks for, in seconds: RFC 9110 Retry-After, or GitHub's x-ratelimit-reset."""
    text = headers.get("retry-after", "")
    try:
        if text.isdecimal():
            return float(text)
        if text:
            return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
        if headers.get("x-ratelimit-reset", "").isdecimal():
            return max(0.0, float(headers["x-ratelimit-reset"]) - time.time())
    except (ValueError, OverflowError):
        pass
    return None


def _denied(status: int, url: str, hosts: Hosts) -> PermissionDenied:
    given = bool(hosts.credentials(url))
    return PermissionDenied(
        "A server refuses to answer",
        where=shown(url),
        why=f"It answers {status}: " + ("it does not accept the token." if given else "it wants to know who asks."),
        next_step=_token_hint(url, hosts).lstrip("; ") or "Ask its owner for access, or work with a local copy.",
        code="permission.server",
    )


def _missing(status: int, url: str, hosts: Hosts) -> NotFound:
    forge = hosts.scheme_of(url) is not None
    private = "; a repository that you may not see looks the same" if forge else ""
    return NotFound(
        "There is nothing at this address",
        where=shown(url),
        why=f"The server answers {status}{private}.",
        next_step="Check the spelling" + _token_hint(url, hosts),
        code="not-found.remote",
    )


def _token_hint(url: str, hosts: Hosts) -> str:
    scheme = hosts.scheme_of(url)
    if scheme is None:
        return ""
    name = TOKEN_VARIABLES[scheme][0]
    verb = "renew the token in" if hosts.credentials(url) else "set"
    return f"; {verb} {name}"
