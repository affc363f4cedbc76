"""What every HTTP exchange needs: translated errors of the HTTP library, retries, redirect targets."""

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
    """Turn exceptions of the HTTP library into RecastErrors; `otherwise` is advice if the network cannot be used."""
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
            "A server cannot be reached" if isinstance(problem, httpx2.ConnectError) else "A transfer was interrupted",
            where=shown(url),
            why=str(problem) or type(problem).__name__,
            next_step=f"Check the network (and HTTPS_PROXY), or {otherwise}",
        ) from problem
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as problem:
        raise NetworkError("A request cannot be sent", where=shown(url), why=str(problem)) from problem


def redirect_target(url: str, location: str) -> str:
    """Return the target of a redirect; raise NetworkError if it is not an http(s) URL."""
    try:
        target = urljoin(url, location)
        sound = urlsplit(target).scheme in ("http", "https") and bool(origin_of(target)[1])
    except ValueError:
        sound = False
    if not sound:
        why = masked(f"{location:.200}")
        raise NetworkError("A server redirects to something that is not a URL", where=shown(url), why=why)
    return target


def attempts() -> Iterable[Any]:
    """Yield the attempts of one request: transient errors are retried, after the wait that the server asks for."""
    import stamina

    _quieten()
    return stamina.retry_context(
        on=_again, attempts=MOST_TRIES, timeout=120.0, wait_initial=0.2, wait_jitter=0.2, wait_max=5.0
    )


@cache
def _quieten() -> None:
    """Silence stamina's warnings on stderr: the last error contains everything."""
    logging.getLogger("stamina").addHandler(logging.NullHandler())


def _again(problem: Exception) -> bool | float:
    if not isinstance(problem, Transient):
        return False
    return True if problem.wait_s is None else problem.wait_s
