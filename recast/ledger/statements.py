"""Statements of released answers: what was stated, from its release on, and what was signed, as it was given out."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["SignedStatements", "keep_stated"]

_statements, _stated = tables.statements, tables.stated


def keep_stated(connection: Connection, statements: Iterable[tuple[str, bytes]]) -> None:
    """Keep the bytes of statements under their digests, in the transaction of the release."""
    if rows := [{"digest": digest, "content": content} for digest, content in statements]:
        connection.execute(insert(_stated), rows)


class SignedStatements:
    """The signed statements of a ledger, by the digest of what is stated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digest: str) -> bytes | None:
        """Return a signed statement, None if it was not signed yet."""
        with self._database.glancing() as connection:
            return connection.scalar(select(_statements.c.content).where(_statements.c.digest == digest))

    def stated(self, digest: str) -> bytes | None:
        """Return what was stated under a digest; None if it was released before this was kept."""
        with self._database.glancing() as connection:
            return connection.scalar(select(_stated.c.content).where(_stated.c.digest == digest))

    def keep(self, digest: str, content: bytes) -> bytes:
        """Keep a signed statement, and return it; or the one that somebody else has kept before."""
        try:
            with self._database.writing() as connection:
                connection.execute(insert(_statements).values(digest=digest, content=content))
        except IntegrityError:
            return self.get(digest) or content
        return content
