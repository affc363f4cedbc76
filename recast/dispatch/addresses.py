"""Addresses of mail: one each, and nothing that could be a header or several of them."""

from __future__ import annotations

from email.headerregistry import Address
from email.utils import parseaddr

from recast.terminal_safe import one_line

__all__ = ["address_of", "sender_of"]

_LONGEST_NAME = 100


def address_of(text: str, name: str = "") -> Address:
    """Return `local@domain` as an address, shown with a name; raise ValueError for whatever else a text is."""
    if any(it.isspace() or it in ',;<>"' or not it.isprintable() for it in text):
        raise ValueError(f"{text!r:.100} is not an address")
    try:
        found = Address(display_name=one_line(name, _LONGEST_NAME), addr_spec=text)
    except Exception as problem:  # its parser raises IndexError and others for what it did not foresee
        raise ValueError(f"{text!r:.100} is not an address: {type(problem).__name__}") from None
    if not found.username or not found.domain:
        raise ValueError(f"{text!r:.100} is not an address")
    return found


def sender_of(text: str) -> Address:
    """Return the address in `local@domain` or `Name <local@domain>`; raise ValueError."""
    name, address = parseaddr(text)
    return address_of(address, name)
