"""Idempotency-Key: what a client sends twice because it did not hear the answer happens once."""

from __future__ import annotations

import hashlib
import re

from recast.errors import UsageError
from recast.ledger import Once

__all__ = ["KEY", "once_of"]

KEY = r"^[\x21-\x7e]{1,128}$"
_KEY = re.compile(KEY)


def once_of(key: str | None, method: str, path: str, body: bytes) -> Once | None:
    """Return the key with a digest of what it is for; None without a key. Raises UsageError for an unusable one."""
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise UsageError(
            "The Idempotency-Key cannot be used",
            where="Idempotency-Key",
            why="It has 1 to 128 visible letters of ASCII.",
            next_step="use a fresh UUID for each request",
        )
    digest = hashlib.sha256(f"{method} {path}\n".encode() + body).hexdigest()
    return Once(key, f"sha256:{digest}")
