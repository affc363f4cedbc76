"""An append-only event log in SQLite. What `append` returned from is on the disk."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from recast.database import open_database
from recast.errors import StoreError

__all__ = ["Journal", "Record"]

SCHEMA_VERSION = 1

_TABLE = "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL)"
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _decode(body: str) -> dict[str, Any]:
    """Read a body; NaN and Infinity, which were written until they were refused, are null: JSON has neither."""
    found: dict[str, Any] = json.loads(body, parse_constant=lambda _: None)
    return found


class Record(NamedTuple):
    """One event as it is stored: its kind, and its body as JSON values."""

    kind: str
    body: dict[str, Any]


class Journal:
    """The log of one run. One process writes; any number may read meanwhile."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the log, and make it if it is not there (unless `read_only`); raise StoreError if that fails."""
        self.path = path
        try:
            if read_only:
                self._database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
            else:
                self._database = open_database(path, [_TABLE], SCHEMA_VERSION, synchronous="FULL")
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
        except (sqlite3.Error, OSError) as problem:
            raise self._failed("opened", problem) from problem
        if version != SCHEMA_VERSION:
            raise StoreError(
                f"The journal has schema version {version}, this program reads {SCHEMA_VERSION}", where=str(path)
            )

    def append(self, records: Sequence[Record]) -> None:
        """Write records in one transaction, in order, and wait until they are on the disk."""
        rows = [(record.kind, _encode(record.body)) for record in records]
        try:
            with self._database:
                self._database.execute("BEGIN IMMEDIATE")
                self._database.executemany("INSERT INTO events (kind, body) VALUES (?, ?)", rows)
        except sqlite3.Error as problem:
            raise self._failed("written", problem) from problem

    def read(self, after: int = 0) -> Iterator[tuple[int, Record]]:
        """Yield (sequence number, record) for all records after a sequence number, in order."""
        try:
            cursor = self._database.execute("SELECT seq, kind, body FROM events WHERE seq > ? ORDER BY seq", (after,))
            for number, kind, body in cursor:
                yield number, Record(kind, _decode(body))
        except (sqlite3.Error, ValueError) as problem:
            raise self._failed("read", problem) from problem

    def last(self) -> Record | None:
        """Return the newest record, None for an empty log."""
        try:
            row = self._database.execute("SELECT kind, body FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            return Record(row[0], _decode(row[1])) if row else None
        except (sqlite3.Error, ValueError) as problem:
            raise self._failed("read", problem) from problem

    def close(self) -> None:
        """Close the log."""
        self._database.close()

    def _failed(self, verb: str, problem: Exception) -> StoreError:
        return StoreError(
            f"The journal cannot be {verb}",
            where=str(self.path),
            why=str(problem),
            next_step="free some disk space or make the folder writable, then resume the run: nothing is lost",
        )
