"""Where a request may go: redirects stay safe, and nobody but the user sends us to addresses of this network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from recast.errors import NetworkError, PermissionDenied
from recast.remote.hosts import origin_of, shown

__all__ = ["Server", "check_redirect", "is_loopback", "may_carry_secrets", "public_address"]

Server = tuple[str, str, int]


def is_loopback(host: str) -> bool:
    """Return whether `host[:port]` is this machine itself by its spelling."""
    name = host.rpartition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def may_carry_secrets(url: str) -> bool:
    """Return whether a password or token may go to a URL: encrypted, or to this machine itself."""
    return urlsplit(url).scheme == "https" or is_loopback(urlsplit(url).netloc.rpartition("@")[2].lower())


def check_redirect(before: str, after: str) -> None:
    """Raise PermissionDenied unless a redirect goes to https, or stays on the same server."""
    if urlsplit(after).scheme == "https" or origin_of(before) == origin_of(after):
        return
    raise PermissionDenied(
        "A server sends us on to a place that we do not follow",
        where=f"{shown(before)} -> {shown(after)}",
        why="We follow redirects only to https, or to the same server.",
        next_step="Check the URL; if the new place is right, give it yourself.",
        code="permission.redirect",
    )


def public_address(url: str, trusted: Iterable[Server]) -> str | None:
    """Return the address to connect to, None if any that the name has will do; raise PermissionDenied.

    Servers in `trusted` were named by the user on the command line or in the environment. All others must have
    public addresses only, so that a spec or an entry cannot make us ask machines of this network. The address that was
    checked is the one to connect to: a second look at the name could give another.
    """
    if origin_of(url) in set(trusted):
        return None
    scheme, host, port = origin_of(url)
    if getproxies().get(scheme) and not proxy_bypass(host):
        _check(host, _literal(host), url)  # the proxy looks the name up
        return None
    addresses = _literal(host) or _look_up(host, port, url)
    _check(host, addresses, url)
    return addresses[0]


def _literal(host: str) -> list[str]:
    if host == "localhost" or host.endswith(".localhost"):
        return ["127.0.0.1"]
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []


def _look_up(host: str, port: int, url: str) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as problem:
        raise NetworkError(
            f"The server {host!r} is not found",
            where=shown(url),
            why=str(problem),
            next_step="Check the name and the network.",
        ) from problem
    return [str(item[4][0]).partition("%")[0] for item in found]


def _check(host: str, addresses: Iterable[str], url: str) -> None:
    for address in addresses:
        if not ipaddress.ip_address(address).is_global:
            raise PermissionDenied(
                "A spec or an entry from elsewhere points into this network",
                where=shown(url),
                why=f"{host} is {address}, no public address. Only you may send us there, nothing that we read.",
                next_step="If you trust it, give the URL yourself: --toplevel URL, or recast catalogue add URL",
                code="permission.private-address",
            )
