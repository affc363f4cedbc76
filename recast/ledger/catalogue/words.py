"""The words of each analysis, in the database's own full-text index: FTS5 of SQLite, tsvector of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from sqlalchemy import Connection, bindparam, text

from recast.search import Terms, Wanted

__all__ = ["Words", "create_searched", "words_of"]


class Words(Protocol):
    """A full-text index. Words are those of `recast.search`: letters, digits, and `.`, `_`, `:`."""

    def create(self, connection: Connection) -> None:
        """Create the index, in place of one that is there."""

    def put(self, connection: Connection, rows: Sequence[tuple[int, Terms]]) -> None:
        """Replace the words of analyses, which are named by their numbers."""

    def remove(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Remove analyses."""

    def matching(self, connection: Connection, wanted: Sequence[Wanted]) -> list[int]:
        """Return the numbers of the analyses that have all words (at least one), in any order."""

    def learn(self, connection: Connection, words: Iterable[str]) -> None:
        """Note words that there are, for `known`; they stay, whatever becomes of their analyses."""

    def known(self, connection: Connection) -> list[str]:
        """Return the words that were noted."""

    def all(self, connection: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
        """Yield what was put: number, words of its name and title, all its words."""


class _Sqlite:
    def create(self, connection: Connection) -> None:
        for table in ("searched", "searched_words"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        options = "tokenize = \"ascii tokenchars ':_.'\", prefix = '2 3 4', detail = column"
        connection.execute(text(rf"CREATE VIRTUAL TABLE searched USING fts5(names, words, {_literal(options)})"))
        connection.execute(text("CREATE TABLE searched_words (word TEXT PRIMARY KEY) WITHOUT ROWID"))

    def put(self, connection: Connection, rows: Sequence[tuple[int, Terms]]) -> None:
        self.remove(connection, [number for number, _ in rows])
        values = [{"number": number, "names": " ".join(it.names), "words": " ".join(it.words)} for number, it in rows]
        connection.execute(text("INSERT INTO searched (rowid, names, words) VALUES (:number, :names, :words)"), values)

    def remove(self, connection: Connection, numbers: Sequence[int]) -> None:
        connection.execute(
            text("DELETE FROM searched WHERE rowid = :number"), [{"number": number} for number in numbers]
        )

    def matching(self, connection: Connection, wanted: Sequence[Wanted]) -> list[int]:
        columns = {
            name: " AND ".join(f'"{it.word}"{"" if it.whole else " *"}' for it in wanted if it.names == in_names)
            for name, in_names in (("names", True), ("words", False))
        }
        query = " AND ".join(f"({name} : ({words}))" for name, words in columns.items() if words)
        found = connection.execute(text("SELECT rowid FROM searched WHERE searched MATCH :query"), {"query": query})
        return [number for (number,) in found]

    def learn(self, connection: Connection, words: Iterable[str]) -> None:
        if rows := [{"word": word} for word in sorted(words)]:
            connection.execute(text("INSERT OR IGNORE INTO searched_words VALUES (:word)"), rows)

    def known(self, connection: Connection) -> list[str]:
        return list(connection.scalars(text("SELECT word FROM searched_words")))

    def all(self, connection: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
        rows = connection.execute(text("SELECT rowid AS number, names, words FROM searched ORDER BY rowid"))
        yield from ((row.number, row.names.split(), row.words.split()) for row in rows)


class _Postgres:
    def create(self, connection: Connection) -> None:
        for table in ("searched", "searched_words"):
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        connection.execute(
            text("CREATE TABLE searched (number BIGINT PRIMARY KEY, names TSVECTOR NOT NULL, words TSVECTOR NOT NULL)")
        )
        for column in ("names", "words"):
            connection.execute(text(f"CREATE INDEX ix_searched_{column} ON searched USING GIN ({column})"))
        connection.execute(text("CREATE TABLE searched_words (word TEXT PRIMARY KEY)"))

    def put(self, connection: Connection, rows: Sequence[tuple[int, Terms]]) -> None:
        # The words as they are: PostgreSQL's own parser would take some for numbers or addresses.
        values = [{"number": number, "names": list(it.names), "words": list(it.words)} for number, it in rows]
        statement = (
            "INSERT INTO searched VALUES (:number, array_to_tsvector(CAST(:names AS TEXT[])), "
            "array_to_tsvector(CAST(:words AS TEXT[]))) "
            "ON CONFLICT (number) DO UPDATE SET names = excluded.names, words = excluded.words"
        )
        connection.execute(text(statement), values)

    def remove(self, connection: Connection, numbers: Sequence[int]) -> None:
        statement = text("DELETE FROM searched WHERE number IN :numbers")
        connection.execute(statement.bindparams(bindparam("numbers", expanding=True)), {"numbers": list(numbers)})

    def matching(self, connection: Connection, wanted: Sequence[Wanted]) -> list[int]:
        queries = {
            name: " & ".join(f"'{it.word}'{'' if it.whole else ':*'}" for it in wanted if it.names == in_names)
            for name, in_names in (("names", True), ("words", False))
        }
        conditions = [f"{name} @@ CAST(:{name} AS TSQUERY)" for name, query in queries.items() if query]
        statement = f"SELECT number FROM searched WHERE {' AND '.join(conditions)}"  # noqa: S608
        values = {name: query for name, query in queries.items() if query}
        return [number for (number,) in connection.execute(text(statement), values)]

    def learn(self, connection: Connection, words: Iterable[str]) -> None:
        # In one order, so that two who index at once wait for each other and not both for ever.
        statement = "INSERT INTO searched_words SELECT unnest(CAST(:words AS TEXT[])) ON CONFLICT DO NOTHING"
        connection.execute(text(statement), {"words": sorted(words)})

    def known(self, connection: Connection) -> list[str]:
        return list(connection.scalars(text("SELECT word FROM searched_words")))

    def all(self, connection: Connection) -> Iterator[tuple[int, list[str], list[str]]]:
        columns = "number, tsvector_to_array(names) AS names, tsvector_to_array(words) AS words"
        rows = connection.execute(text(f"SELECT {columns} FROM searched ORDER BY number"))  # noqa: S608
        yield from ((row.number, list(row.names), list(row.words)) for row in rows)


def words_of(connection: Connection) -> Words:
    """Return the index of a connection's database."""
    return _Sqlite() if connection.dialect.name == "sqlite" else _Postgres()


def create_searched(connection: Connection) -> None:
    """Create the index of a new database, or one in place of an older one."""
    words_of(connection).create(connection)


def _literal(sql: str) -> str:
    """Return SQL in which a colon does not begin the name of a value."""
    return sql.replace(":", r"\:")
