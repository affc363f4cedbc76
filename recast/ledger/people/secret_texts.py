"""Texts that prove something: API tokens, sessions, referees' links, invitations. Only their digests are kept.

They are random with 128 or 256 bits, so a plain SHA-256 cannot be turned back, and looking it up in an index tells an
attacker nothing: a guess that shares a digest's beginning cannot be found on purpose.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Literal

__all__ = ["Kind", "digest_of", "is_of_kind", "new_id", "new_secret"]

Kind = Literal["token", "session", "link", "invitation"]

_SHAPES: dict[Kind, tuple[str, int]] = {
    "token": ("rct_", 32),
    "session": ("rcs_", 32),
    "link": ("rcl_", 16),
    "invitation": ("rci_", 32),
}
"""The prefix and the number of random bytes. The prefix lets scanners of repositories and logs recognise a leak."""

_PATTERNS = {
    kind: re.compile(rf"{prefix}[A-Za-z0-9_-]{{{(size * 8 + 5) // 6}}}", re.ASCII)
    for kind, (prefix, size) in _SHAPES.items()
}


def new_secret(kind: Kind) -> str:
    """Return a new random text of a kind."""
    prefix, size = _SHAPES[kind]
    return prefix + secrets.token_urlsafe(size)


def is_of_kind(text: str, kind: Kind) -> bool:
    """Return whether a text has the form of a kind; anything else need not be looked up."""
    return _PATTERNS[kind].fullmatch(text) is not None


def digest_of(secret: str) -> str:
    """Return what is kept of a secret: its SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def new_id(prefix: str) -> str:
    """Return a new name for a record: the prefix and ten characters of base32, 50 random bits."""
    return prefix + base64.b32encode(secrets.token_bytes(7)).decode()[:10].lower()
