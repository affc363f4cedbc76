"""An SQLite database: created with a single sync, read by any number of processes while one writes."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

__all__ = ["is_damage", "open_database"]


def open_database(
    path: Path, schema: Sequence[str], version: int, *, synchronous: Literal["FULL", "NORMAL"], timeout_s: float = 5.0
) -> sqlite3.Connection:
    """Open a database in autocommit mode; create its tables with the statements of `schema` if it is new.

    `version` becomes the `user_version` of a new database. With `synchronous` FULL a commit waits for the disk. Raises
    sqlite3.Error or OSError.
    """
    database = sqlite3.connect(path, isolation_level=None, timeout=timeout_s)
    if database.execute("PRAGMA user_version").fetchone()[0] == 0:
        _make(database, schema, version)
        # Closing a file drops every lock that this process has on it (fcntl): SQLite's own too, and then the next
        # process to leave takes itself for the last one, and removes the log that we go on writing.
        database.close()
        _sync(path)
        database = sqlite3.connect(path, isolation_level=None, timeout=timeout_s)
    database.execute(f"PRAGMA synchronous = {synchronous}")
    return database


def is_damage(problem: Exception) -> bool:
    """Return whether a problem lies in the content of a database, not in the disk, permissions or concurrent users."""
    code = getattr(problem, "sqlite_errorcode", None)
    if isinstance(problem, sqlite3.Error) and code is not None:
        return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
    return not isinstance(problem, OSError)


def _make(database: sqlite3.Connection, schema: Sequence[str], version: int) -> None:
    """Create the tables without syncing: SQLite would sync nine times, up to 4 ms each, and there is nothing to lose
    yet.
    """
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = WAL")  # allows reading while writing
    with database:
        database.execute("BEGIN IMMEDIATE")
        for statement in schema:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {version}")


def _sync(path: Path) -> None:
    # SQLite takes an empty file for a new database and discards its log, so the tables must be on the disk first.
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
