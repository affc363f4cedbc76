"""Signed statements of released answers: kept as they were first given out, so that everybody gets the same bytes."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["SignedStatements"]

_statements = tables.statements


class SignedStatements:
    """The signed statements of a ledger, by the digest of what is stated."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, digest: str) -> bytes | None:
        """Return a signed statement, None if it was not signed yet."""
        with self._database.reading() as connection:
            return connection.scalar(select(_statements.c.content).where(_statements.c.digest == digest))

    def keep(self, digest: str, content: bytes) -> bytes:
        """Keep a signed statement, and return it; or the one that somebody else has kept before."""
        try:
            with self._database.writing() as connection:
                connection.execute(insert(_statements).values(digest=digest, content=content))
        except IntegrityError:
            return self.get(digest) or content
        return content
