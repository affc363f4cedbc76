"""What a request shows of who sends it: headers, cookies, the address it comes from. Secrets stay out of reprs."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Shown", "address_of", "bearer_of", "shown_by"]

_LONGEST_HEADER = 200
_MOST_HOPS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """The parts of a request that say who sends it. Names of headers are in lower case."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    address: str = ""


def shown_by(request: Request, proxies: Collection[str] = ()) -> Shown:
    """Return what a request of Starlette shows; `proxies` are addresses whose word on where it comes from counts."""
    peer = request.client.host if request.client else ""
    address = address_of(peer, request.headers.getlist("x-forwarded-for"), proxies)
    return Shown(request.method, request.headers, request.cookies, address)


def address_of(peer: str, forwarded: Sequence[str], proxies: Collection[str]) -> str:
    """Return where a request comes from: the peer, or, if that is a proxy of ours, whom it names.

    `X-Forwarded-For` is read from its end: each proxy adds whom it heard, and whatever stands before the first stranger
    was written by that stranger.
    """
    hops = [hop.strip() for line in forwarded for hop in line.split(",")][-_MOST_HOPS:]
    address = peer
    while hops and address in proxies and _is_address(hops[-1]):
        address = hops.pop()
    return address


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def bearer_of(shown: Shown) -> str | None:
    """Return what stands in `Authorization: Bearer …`; empty for anything else there, None if there is no header."""
    header = shown.headers.get("authorization")
    if header is None:
        return None
    kind, _, value = header.strip().partition(" ")
    return value.strip() if kind.lower() == "bearer" and len(value) <= _LONGEST_HEADER else ""
