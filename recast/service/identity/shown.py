"""What a request shows of who sends it: headers, cookies, the address it comes from. Secrets stay out of reprs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["Shown", "bearer_of", "shown_by"]

_LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """The parts of a request that say who sends it. Names of headers are in lower case."""

    method: str
    headers: Mapping[str, str] = field(repr=False)
    cookies: Mapping[str, str] = field(repr=False)
    address: str = ""


def shown_by(request: Request) -> Shown:
    """Return what a request of Starlette shows. Its address is the proxy's word only if the server trusts the proxy."""
    address = request.client.host if request.client else ""
    return Shown(request.method, request.headers, request.cookies, address)


def bearer_of(shown: Shown) -> str | None:
    """Return what stands in `Authorization: Bearer …`; empty for anything else there, None if there is no header."""
    header = shown.headers.get("authorization")
    if header is None:
        return None
    kind, _, value = header.strip().partition(" ")
    return value.strip() if kind.lower() == "bearer" and len(value) <= _LONGEST_HEADER else ""
