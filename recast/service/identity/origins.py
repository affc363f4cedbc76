"""Where a request comes from and where a browser may be sent: cross-site requests, hosts, return addresses. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from recast.worker.remote.guard import is_loopback

__all__ = ["HOME", "cross_site", "is_our_host", "origin_of_base", "safe_return"]

HOME = "/"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_LONGEST_RETURN = 400
_RETURN = re.compile(
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@%-][A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?"
)


def cross_site(method: str, headers: Mapping[str, str], base_url: str, *, by_cookie: bool) -> str:
    """Return why a request must not change anything because another site may have sent it; empty if it may.

    Names of headers are in lower case. Browsers say where a request comes from (`Sec-Fetch-Site`; older ones, and all
    over plain HTTP, `Origin`), and no page can change what they say. A request without both comes from a program: it
    may pass unless a cookie is what identifies it.
    """
    if method in SAFE_METHODS:
        return ""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return "" if site in ("same-origin", "none") else f"Sec-Fetch-Site is {site[:20]!r}."
    origin = headers.get("origin")
    if origin is not None:
        ours = origin_of_base(base_url, headers.get("host", ""))
        return "" if origin in ours else f"Origin is {origin[:100]!r}."
    return "It has a cookie, and neither Sec-Fetch-Site nor Origin." if by_cookie else ""


def origin_of_base(base_url: str, host: str) -> frozenset[str]:
    """Return the origins that are ours: that of the service's URL, or, if it has none, that of the host asked for."""
    if base_url:
        parts = urlsplit(base_url)
        return frozenset({f"{parts.scheme}://{parts.netloc}".lower()})
    return frozenset({f"http://{host}".lower(), f"https://{host}".lower()}) if host else frozenset()


def is_our_host(host: str, base_url: str) -> bool:
    """Return whether a `Host` header names this service: its URL's host, or this machine itself; without a URL, any
    address.

    Anything else is a name of somebody else's that was made to lead here (DNS rebinding), or an attempt to get it into
    a link of ours. An address cannot be made to lead elsewhere.
    """
    if is_loopback(host.lower()):
        return True
    if base_url:
        return host.lower() == urlsplit(base_url).netloc.lower()
    return _is_address(host)


def _is_address(host: str) -> bool:
    try:
        bare = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return bool(ipaddress.ip_address(bare))
    except ValueError:
        return False


def safe_return(text: str) -> str:
    """Return where to go after a login: `text` if it is a path on this service, else the first page.

    Only plain characters, no `//` and no backslash in the path: browsers read `/\\evil.example`, `/<tab>/evil.example`
    and `//evil.example` as another server's address.
    """
    if len(text) <= _LONGEST_RETURN and _RETURN.fullmatch(text) and "//" not in text.partition("?")[0]:
        return text
    return HOME
