"""An SQLite file of ours: made with one wait for the disk, read by any number while one writes."""

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
    """Open a database in autocommit mode, and make it by the statements of `schema` if it is new.

    `version` is its `user_version`, which nobody changes later. With `synchronous` FULL a commit waits for the disk.
    Raises sqlite3.Error or OSError.
    """
    database = sqlite3.connect(path, isolation_level=None, timeout=timeout_s)
    if database.execute("PRAGMA user_version").fetchone()[0] == 0:
        _make(database, path, schema, version)
    database.execute(f"PRAGMA synchronous = {synchronous}")
    return database


def is_damage(problem: Exception) -> bool:
    """Return whether a problem is the content of a database, and not the disk, its rights or others who use it."""
    code = getattr(problem, "sqlite_errorcode", None)
    if isinstance(problem, sqlite3.Error) and code is not None:
        return code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
    return not isinstance(problem, OSError)


def _make(database: sqlite3.Connection, path: Path, schema: Sequence[str], version: int) -> None:
    """Make tables. SQLite would wait for the disk nine times, up to 4 ms each; nothing is in there yet to be lost."""
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = WAL")  # others read while we write
    with database:
        database.execute("BEGIN IMMEDIATE")
        for statement in schema:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {version}")
    # An empty file is a new database to SQLite, which would throw away its log: so this must be on the disk first.
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
