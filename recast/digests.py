"""Digests as OCI writes them: `sha256:` and 64 hex digits."""

from __future__ import annotations

import hashlib
from typing import Protocol

__all__ = ["PREFIX", "digest_of", "from_hash", "from_hex", "hex_of"]

PREFIX = "sha256:"


class _Hash(Protocol):
    def hexdigest(self) -> str: ...


def digest_of(content: bytes) -> str:
    """Return the digest of some bytes."""
    return from_hash(hashlib.sha256(content))


def from_hash(hasher: _Hash) -> str:
    """Return the digest of what a SHA-256 object has been fed."""
    return PREFIX + hasher.hexdigest()


def from_hex(name: str) -> str:
    """Return the digest whose hex digits are the name of a file."""
    return PREFIX + name


def hex_of(digest: str) -> str:
    """Return the hex digits of a digest, as names of files have them."""
    return digest.removeprefix(PREFIX)
