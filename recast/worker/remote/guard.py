"""Which addresses are everybody's, which are this machine's, and where a secret may go. Pure."""

from __future__ import annotations

import ipaddress
import socket
from typing import Union
from urllib.parse import urlsplit

__all__ = ["is_loopback", "is_public", "literal_address", "may_carry_secrets"]

_Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_NOBODYS_V6 = [
    ipaddress.IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "3fff::/20")  # among them Teredo, 2001::/32
]
_NOBODYS_V4 = [
    ipaddress.IPv4Network(text)
    for text in (
        *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "240.0.0.0/4"),
        "168.63.129.16/32",  # by number everybody's; in Azure the host of a virtual machine
    )
]
_ISATAP = (0x00005EFE, 0x02005EFE)
"""What an interface's half of an address begins with, if the rest is an IPv4 address (RFC 5214)."""


def is_public(text: str) -> bool:
    """Return whether an address is one of the whole network (IANA special-purpose registries).

    One that carries an IPv4 address (mapped; translated, RFC 6052; 6to4, RFC 3056; ISATAP) is what that one is:
    packets go there. Teredo, IPv4-compatible, local NAT64 (RFC 8215), multicast, and what is not an address, are not
    public.
    """
    try:
        address: _Address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is None:
            if address not in _GLOBAL_UNICAST or not address.is_global or any(address in net for net in _NOBODYS_V6):
                return False
            if int(address) >> 32 & 0xFFFFFFFF not in _ISATAP:
                return True
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        address = inner
    return address.is_global and not address.is_multicast and not any(address in net for net in _NOBODYS_V4)


def literal_address(host: str) -> str:
    """Return the address that a host's spelling is, empty for a name.

    Decimal, octal, hexadecimal and shortened IPv4 addresses are read as the system's resolver reads them.
    """
    bare = host.rstrip(".").lower()
    if bare == "localhost" or bare.endswith(".localhost"):
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(bare.strip("[]")))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(bare)) if bare[:1].isdigit() and " " not in bare else ""
    except OSError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether `host[:port]` is this machine itself by its plain spelling."""
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def may_carry_secrets(url: str) -> bool:
    """Return whether a password or token may go to a URL: encrypted, or to this machine itself; not if it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or is_loopback(parts.netloc.rpartition("@")[2].lower())
