"""Where requests may go: redirects stay safe, and only the user may name addresses in the local network."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from recast.errors import NetworkError, PermissionDenied
from recast.remote.hosts import origin_of, shown
from recast.worker.remote.guard import is_loopback, is_public, literal_address, may_carry_secrets

__all__ = ["Server", "check_redirect", "is_loopback", "may_carry_secrets", "proxy_for", "public_address"]

Server = tuple[str, str, int]


def check_redirect(before: str, after: str) -> None:
    """Raise PermissionDenied unless a redirect goes to https, or stays on the same server."""
    if urlsplit(after).scheme == "https" or origin_of(before) == origin_of(after):
        return
    raise PermissionDenied(
        "A server redirects to an address that is not followed",
        where=f"{shown(before)} -> {shown(after)}",
        why="Redirects are followed only to https, or to the same server.",
        next_step="Check the URL; if the new address is right, give it yourself.",
        code="permission.redirect",
    )


def public_address(url: str, trusted: Iterable[Server]) -> str | None:
    """Return the address to connect to, None if any address of the name is allowed; raise PermissionDenied.

    Servers in `trusted` were named by the user on the command line or in the environment. All others must have only
    public addresses, so that a spec or an entry cannot make RECAST contact machines in the local network. The checked
    address is the one to connect to: a second lookup of the name could give another.
    """
    if origin_of(url) in set(trusted):
        return None
    _, host, port = origin_of(url)
    literal = [address] if (address := literal_address(host)) else []
    if proxy_for(url) is not None:  # the proxy looks the name up; the local result is still checked
        _check(host, literal or _known_here(host, port), url)
        return None
    addresses = literal or _look_up(host, port, url)
    _check(host, addresses, url)
    return addresses[0]


def proxy_for(url: str) -> str | None:
    """Return the proxy for a URL from the environment, None if there is none; never for this machine itself."""
    scheme, host, _ = origin_of(url)
    found = getproxies()
    proxy = found.get(scheme) or found.get("all")
    if not proxy or is_loopback(f"[{host}]" if ":" in host else host) or proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _known_here(host: str, port: int) -> list[str]:
    try:
        return _addresses(host, port)
    except (OSError, UnicodeError):
        return []


def _addresses(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(item[4][0]).partition("%")[0] for item in found]


def _look_up(host: str, port: int, url: str) -> list[str]:
    try:
        return _addresses(host, port)
    except (OSError, UnicodeError) as problem:
        raise NetworkError(
            f"The server {host!r} is not found",
            where=shown(url),
            why=str(problem),
            next_step="Check the name and the network.",
        ) from problem


def _check(host: str, addresses: Iterable[str], url: str) -> None:
    for address in addresses:
        if not is_public(address):
            raise PermissionDenied(
                "A spec or an entry from elsewhere points into the local network",
                where=shown(url),
                why=f"{host} is {address}, which is not a public address. Only you may name it, not a document.",
                next_step="If you trust it, give the URL yourself: --toplevel URL, or recast catalogue add URL",
                code="permission.private-address",
            )
