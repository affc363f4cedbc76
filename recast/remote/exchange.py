"""What every talk with a server needs: the HTTP library's errors in our words, second tries, where a redirect leads."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from recast.errors import NetworkError
from recast.masked import masked
from recast.remote.answers import Transient
from recast.remote.hosts import origin_of, shown

__all__ = ["MOST_REDIRECTS", "MOST_TRIES", "attempts", "redirect_target", "speaking"]

MOST_REDIRECTS = 5
MOST_TRIES = 4


@contextmanager
def speaking(url: str, otherwise: str) -> Iterator[None]:
    """Turn what the HTTP library raises into our errors; `otherwise` says what to do where no network helps."""
    import httpx2

    try:
        yield
    except httpx2.TimeoutException as problem:
        raise Transient(
            "A server does not answer in time",
            where=shown(url),
            why=f"{str(problem) or type(problem).__name__}; RECAST_HTTP_TIMEOUT_S sets how long we wait.",
            next_step=f"Try again, or {otherwise}",
        ) from problem
    except httpx2.TransportError as problem:
        raise Transient(
            "A server cannot be reached" if isinstance(problem, httpx2.ConnectError) else "A transfer broke off",
            where=shown(url),
            why=str(problem) or type(problem).__name__,
            next_step=f"Check the network (and HTTPS_PROXY), or {otherwise}",
        ) from problem
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as problem:
        raise NetworkError("A server cannot be asked", where=shown(url), why=str(problem)) from problem


def redirect_target(url: str, location: str) -> str:
    """Return where a server sends us on to; raise NetworkError if that is not an http(s) URL."""
    try:
        target = urljoin(url, location)
        sound = urlsplit(target).scheme in ("http", "https") and bool(origin_of(target)[1])
    except ValueError:
        sound = False
    if not sound:
        why = masked(f"{location:.200}")
        raise NetworkError("A server sends us on to something that is not a URL", where=shown(url), why=why)
    return target


def attempts() -> Iterable[Any]:
    """Yield the tries of one request: a passing trouble is tried again, after the time that the server asks for."""
    import stamina

    _quieten()
    return stamina.retry_context(
        on=_again, attempts=MOST_TRIES, timeout=120.0, wait_initial=0.2, wait_jitter=0.2, wait_max=5.0
    )


@cache
def _quieten() -> None:
    """Keep stamina's warnings, which would stand on stderr without a name, to it: the last error says it all."""
    logging.getLogger("stamina").addHandler(logging.NullHandler())


def _again(problem: Exception) -> bool | float:
    if not isinstance(problem, Transient):
        return False
    return True if problem.wait_s is None else problem.wait_s
