"""The lifetime of a proxy, read from its certificates. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime

__all__ = ["expiry"]

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)
_SEQUENCE, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0xA0, 0x17, 0x18


def expiry(pem: bytes) -> datetime:
    """Return when the first certificate of a PEM file's chain is no longer valid; raise ValueError if there is none."""
    try:
        ends = [_not_after(base64.b64decode(match, validate=False)) for match in _PEM.findall(pem)]
    except (binascii.Error, IndexError) as problem:
        raise ValueError(f"a certificate in it is damaged: {problem}") from problem
    if not ends:
        raise ValueError("there is no certificate in it")
    return min(ends)


def _not_after(der: bytes) -> datetime:
    """Find `validity` (RFC 5280, 4.1), which follows version, serial number, algorithm and issuer."""
    (_, certificate), *_ = _elements(der)
    (_, body), *_ = _elements(certificate)
    fields = [element for element in _elements(body) if element[0] != _VERSION]
    kind, validity = fields[3]
    if kind != _SEQUENCE:
        raise ValueError("a certificate in it has no validity")
    _, (kind, text) = list(_elements(validity))[:2]
    if kind == _UTC_TIME:  # two-digit years: 50 and above are in the last century
        text = (b"19" if text[:2] >= b"50" else b"20") + text
    elif kind != _GENERALIZED_TIME:
        raise ValueError("a certificate in it has no validity")
    return datetime.strptime(text.decode("ascii"), "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of each element of a DER sequence's content."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(der[at : at + octets], "big")
            at += octets
        if at + length > len(der):
            raise ValueError("a certificate in it is truncated")
        yield tag, der[at : at + length]
        at += length
