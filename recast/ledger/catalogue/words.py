"""The table of words that searches use: FTS5 in SQLite, tsvector in PostgreSQL. Both hold the words that we cut."""

from __future__ import annotations

from sqlalchemy import Connection, text

__all__ = ["create_searched"]

_SQLITE = (
    "CREATE VIRTUAL TABLE searched USING fts5(names, words, tokenize = 'unicode61 remove_diacritics 0', prefix = '2 3')",
)
_POSTGRES = (
    "CREATE TABLE searched (number BIGINT PRIMARY KEY, names TSVECTOR NOT NULL, words TSVECTOR NOT NULL)",
    "CREATE INDEX ix_searched_names ON searched USING GIN (names)",
    "CREATE INDEX ix_searched_words ON searched USING GIN (words)",
)


def create_searched(connection: Connection) -> None:
    """Create the table."""
    for statement in _SQLITE if connection.dialect.name == "sqlite" else _POSTGRES:
        connection.execute(text(statement))
