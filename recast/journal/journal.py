"""An append-only event log in SQLite. When `append` returns, the records are on the disk."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from recast.database import is_damage, open_database
from recast.errors import StoreError
from recast.json_types import JsonDict

__all__ = ["Journal", "Record", "is_begun"]

SCHEMA_VERSION = 1

_ROOM = "free some disk space or make the folder writable, then resume the run: nothing is lost"
_AGAIN = "restore the file from a copy, or start the run again: finished steps come from the cache"

_TABLE = "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, body TEXT NOT NULL)"
# One question, so one moment: asked one after the other, a driver may have created the table between the two answers.
_MADE = "SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version"
_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def _decode(body: str) -> JsonDict:
    """Parse a body; NaN and Infinity, which older versions wrote, become null: JSON has neither."""
    found = json.loads(body, parse_constant=lambda _: None) if isinstance(body, str) else body
    if not isinstance(found, dict):
        raise ValueError(f"an event is not a JSON object: {body!r:.40}")
    return found


class Record(NamedTuple):
    """One event as stored: its kind, and its body as JSON values."""

    kind: str
    body: JsonDict


class Journal:
    """The log of one run. One process writes; any number may read at the same time."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open the log, creating it if it does not exist (unless `read_only`); raise StoreError if that fails."""
        self.path = path
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        try:
            if read_only:
                self._database = self._reader()
            else:
                is_begun(path)
                self._database = open_database(path, [_TABLE], SCHEMA_VERSION, synchronous="FULL")
            version, tables = self._database.execute(_MADE).fetchone()
        except (sqlite3.Error, OSError) as problem:
            raise self._failed("opened", problem) from problem
        self._unmade = not tables  # the disk was full when it was created
        if self._unmade:
            _refuse_beside_jobs(path)
        elif version != SCHEMA_VERSION:
            self.close()
            raise StoreError(
                f"The journal has schema version {version}, this program reads {SCHEMA_VERSION}",
                where=str(path),
                next_step="update recast: a newer one wrote it" if version > SCHEMA_VERSION else _AGAIN,
                code="journal.version",
            )

    def _reader(self) -> sqlite3.Connection:
        """Open the log for reading, also where nothing can be written, although SQLite writes files next to a WAL
        database.

        There the file is opened as immutable, or as a copy if a killed driver left its newest events in the WAL.
        """
        uri = self.path.absolute().as_uri()
        try:
            return _tried(f"{uri}?mode=ro")
        except sqlite3.OperationalError:
            if os.access(self.path.parent, os.W_OK) or not self.path.is_file():
                raise
        newest = self.path.with_name(self.path.name + "-wal")
        if not newest.exists() or not newest.stat().st_size:
            return _tried(f"{uri}?mode=ro&immutable=1")
        self._copy = tempfile.TemporaryDirectory(prefix="recast-journal-")
        for file in (self.path, newest):
            shutil.copyfile(file, f"{self._copy.name}/{file.name}")
        return _tried(f"{Path(self._copy.name, self.path.name).as_uri()}?mode=rw")

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
        if self._unmade:
            return
        try:
            cursor = self._database.execute("SELECT seq, kind, body FROM events WHERE seq > ? ORDER BY seq", (after,))
            for number, kind, body in cursor:
                yield number, Record(kind, _decode(body))
        except (sqlite3.Error, ValueError, TypeError, RecursionError) as problem:
            raise self._failed("read", problem) from problem

    def last(self) -> Record | None:
        """Return the newest record, None if the log is empty."""
        if self._unmade:
            return None
        try:
            row = self._database.execute("SELECT kind, body FROM events ORDER BY seq DESC LIMIT 1").fetchone()
            return Record(row[0], _decode(row[1])) if row else None
        except (sqlite3.Error, ValueError, TypeError, RecursionError) as problem:
            raise self._failed("read", problem) from problem

    def close(self) -> None:
        """Close the log."""
        self._database.close()
        if self._copy is not None:
            self._copy.cleanup()

    def _failed(self, verb: str, problem: Exception) -> StoreError:
        return StoreError(
            f"The journal cannot be {verb}",
            where=str(self.path),
            why="There is a folder in its place." if self.path.is_dir() else str(problem),
            next_step=_AGAIN if is_damage(problem) or self.path.is_dir() else _ROOM,
        )


def is_begun(path: Path) -> bool:
    """Return whether there is a log: SQLite creates an empty file before it writes the first byte.

    Raises StoreError for an empty file next to jobs: it was truncated, and SQLite would take it for a new one.
    """
    if not path.exists():
        return False
    if path.is_dir() or path.stat().st_size:
        return True
    _refuse_beside_jobs(path)
    return False


def _refuse_beside_jobs(path: Path) -> None:
    if any((path.parent / "jobs").glob("*")):
        raise StoreError("The journal is empty, although jobs were run", where=str(path), next_step=_AGAIN)


def _tried(uri: str) -> sqlite3.Connection:
    """Connect, and read something, because SQLite opens the file only when it is first needed."""
    database = sqlite3.connect(uri, uri=True)
    try:
        database.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database
