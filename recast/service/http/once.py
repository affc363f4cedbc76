"""Idempotency-Key: what a client sends twice because it did not hear the answer happens once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from sqlalchemy import Connection

from recast.errors import UsageError
from recast.json_types import JsonDict, JsonObject
from recast.ledger import Once
from recast.ledger.once import note, recall

__all__ = ["KEY", "carried_out", "once_of"]

KEY = r"^[\x21-\x7e]{1,128}$"
_KEY = re.compile(KEY)


def once_of(key: str | None, method: str, path: str, body: bytes, if_match: str = "") -> Once | None:
    """Return the key with a digest of what it is for; None without a key. Raises UsageError for an unusable one.

    The version that a change is made to is a part of what is asked.
    """
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise UsageError(
            "The Idempotency-Key cannot be used",
            where="Idempotency-Key",
            why="It has 1 to 128 visible letters of ASCII.",
            next_step="use a fresh UUID for each request",
        )
    condition = f"If-Match: {if_match}\n" if if_match else ""
    digest = hashlib.sha256(f"{method} {path}\n{condition}".encode() + body).hexdigest()
    return Once(key, f"sha256:{digest}")


def carried_out(
    connection: Connection,
    actor: str,
    once: Once | None,
    now_s: float,
    do: Callable[[], JsonDict],
    kept: Callable[[JsonDict], JsonObject],
) -> JsonDict:
    """Return what `do` answers, or, for a key that comes again, what it was answered then.

    `kept` is what may be said again: of a secret, nothing. Raises InputError for a key that stood for something else.
    """
    if once is None:
        return do()
    if (known := recall(connection, actor, once, now_s)) is not None:
        return known
    answer = do()
    note(connection, actor, once, now_s, kept(answer))
    return answer
