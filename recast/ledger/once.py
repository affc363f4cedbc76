"""Requests that are sent twice are carried out once: what a key of a person was answered, for a day."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from recast.errors import InputError
from recast.json_types import JsonDict, JsonObject
from recast.ledger import tables

__all__ = ["KEPT_S", "Once", "forget", "note", "recall"]

KEPT_S = 86400.0
_once = tables.once


@dataclass(frozen=True, slots=True)
class Once:
    """An Idempotency-Key with the digest of what was asked with it."""

    key: str
    digest: str


def recall(connection: Connection, actor: str, once: Once, now_s: float) -> JsonDict | None:
    """Return what a key of an actor was answered, None if it is new; raise InputError if it stood for another body."""
    row = connection.execute(
        select(_once.c.digest, _once.c.answer, _once.c.at).where(_once.c.actor == actor, _once.c.key == once.key)
    ).one_or_none()
    if row is None or row.at < now_s - KEPT_S:
        return None
    if row.digest != once.digest:
        raise InputError(
            "This Idempotency-Key stood for something else",
            where="Idempotency-Key",
            why="The same key came with another body within 24 hours.",
            next_step="use a new key for a new request",
            code="desk.key-reused",
        )
    found: JsonDict = json.loads(row.answer)
    return found


def note(connection: Connection, actor: str, once: Once, now_s: float, answer: JsonObject) -> None:
    """Note what a new key was answered; raise IntegrityError if somebody else has noted it meanwhile.

    Only a note that is too old to count may go: another transaction may have written this key since it was looked up.
    """
    old = _once.c.at < now_s - KEPT_S
    connection.execute(delete(_once).where(_once.c.actor == actor, _once.c.key == once.key, old))
    connection.execute(
        insert(_once).values(actor=actor, key=once.key, digest=once.digest, at=now_s, answer=json.dumps(answer))
    )


def forget(connection: Connection, now_s: float) -> int:
    """Remove keys that are older than a day; return how many."""
    return connection.execute(delete(_once).where(_once.c.at < now_s - KEPT_S)).rowcount
