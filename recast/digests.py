"""Digests in OCI notation: `sha256:` followed by 64 hex digits."""

from __future__ import annotations

import hashlib
from typing import Protocol

__all__ = ["PREFIX", "digest_of", "from_hash", "from_hex", "hex_of"]

PREFIX = "sha256:"


class _Hash(Protocol):
    def hexdigest(self) -> str: ...


def digest_of(content: bytes) -> str:
    """Return the digest of `content`."""
    return from_hash(hashlib.sha256(content))


def from_hash(hasher: _Hash) -> str:
    """Return the digest held by a SHA-256 object."""
    return PREFIX + hasher.hexdigest()


def from_hex(name: str) -> str:
    """Return the digest for a file name that consists of its hex digits."""
    return PREFIX + name


def hex_of(digest: str) -> str:
    """Return the hex digits of a digest, as used in file names."""
    return digest.removeprefix(PREFIX)
