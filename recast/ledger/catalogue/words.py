"""The words of each analysis, in the database's own full-text index: FTS5 of SQLite, tsvector of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from sqlalchemy import Connection, bindparam, text

__all__ = ["Words", "create_searched", "words_of"]


class Words(Protocol):
    """A full-text index. Words are those of `cut`; a word of a query matches all that begin with it."""

    def create(self, connection: Connection) -> None:
        """Create the index."""

    def put(self, connection: Connection, rows: Sequence[tuple[int, list[str], list[str]]]) -> None:
        """Replace the words of analyses: number, words of its name and title, all its words."""

    def remove(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Remove analyses."""

    def matching(self, connection: Connection, words: Sequence[str], *, titles: bool) -> list[int]:
        """Return the numbers of the analyses that have all words (of a query: at least one), in any order."""

    def all(self, connection: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
        """Yield what was put: number, words of its name and title, all its words."""


class _Sqlite:
    def create(self, connection: Connection) -> None:
        connection.execute(
            text("CREATE VIRTUAL TABLE searched USING fts5(names, words, tokenize = 'ascii', prefix = '2 3 4')")
        )

    def put(self, connection: Connection, rows: Sequence[tuple[int, list[str], list[str]]]) -> None:
        self.remove(connection, [number for number, _, _ in rows])
        values = [{"number": number, "names": " ".join(names), "words": " ".join(all_)} for number, names, all_ in rows]
        connection.execute(text("INSERT INTO searched (rowid, names, words) VALUES (:number, :names, :words)"), values)

    def remove(self, connection: Connection, numbers: Sequence[int]) -> None:
        connection.execute(
            text("DELETE FROM searched WHERE rowid = :number"), [{"number": number} for number in numbers]
        )

    def matching(self, connection: Connection, words: Sequence[str], *, titles: bool) -> list[int]:
        wanted = " AND ".join(f'"{word}" *' for word in words)
        query = f"{'names' if titles else 'words'} : ({wanted})"
        found = connection.execute(text("SELECT rowid FROM searched WHERE searched MATCH :query"), {"query": query})
        return [number for (number,) in found]

    def all(self, connection: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
        rows = connection.execute(text("SELECT rowid AS number, names, words FROM searched ORDER BY rowid"))
        yield from ((row.number, row.names.split(), row.words.split()) for row in rows)


class _Postgres:
    def create(self, connection: Connection) -> None:
        connection.execute(
            text("CREATE TABLE searched (number BIGINT PRIMARY KEY, names TSVECTOR NOT NULL, words TSVECTOR NOT NULL)")
        )
        for column in ("names", "words"):
            connection.execute(text(f"CREATE INDEX ix_searched_{column} ON searched USING GIN ({column})"))

    def put(self, connection: Connection, rows: Sequence[tuple[int, list[str], list[str]]]) -> None:
        # The words as they are: PostgreSQL's own parser would take some for numbers or addresses.
        values = [{"number": number, "names": names, "words": all_} for number, names, all_ in rows]
        statement = (
            "INSERT INTO searched VALUES (:number, array_to_tsvector(CAST(:names AS TEXT[])), "
            "array_to_tsvector(CAST(:words AS TEXT[]))) "
            "ON CONFLICT (number) DO UPDATE SET names = excluded.names, words = excluded.words"
        )
        connection.execute(text(statement), values)

    def remove(self, connection: Connection, numbers: Sequence[int]) -> None:
        statement = text("DELETE FROM searched WHERE number IN :numbers")
        connection.execute(statement.bindparams(bindparam("numbers", expanding=True)), {"numbers": list(numbers)})

    def matching(self, connection: Connection, words: Sequence[str], *, titles: bool) -> list[int]:
        query = " & ".join(f"'{word}':*" for word in words)
        column = "names" if titles else "words"
        statement = f"SELECT number FROM searched WHERE {column} @@ CAST(:query AS TSQUERY)"  # noqa: S608
        return [number for (number,) in connection.execute(text(statement), {"query": query})]

    def all(self, connection: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
        columns = "number, tsvector_to_array(names) AS names, tsvector_to_array(words) AS words"
        rows = connection.execute(text(f"SELECT {columns} FROM searched ORDER BY number"))  # noqa: S608
        yield from ((row.number, list(row.names), list(row.words)) for row in rows)


def words_of(connection: Connection) -> Words:
    """Return the index of a connection's database."""
    return _Sqlite() if connection.dialect.name == "sqlite" else _Postgres()


def create_searched(connection: Connection) -> None:
    """Create the index of a new database."""
    words_of(connection).create(connection)
