"""Bring the tables of a ledger up to date when it is opened, one process at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, inspect, text

from recast.ledger.database import Database, make_sqlite_file
from recast.ledger.faults import LedgerUnavailable

__all__ = ["HEAD", "REVISIONS", "migrate"]

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0009", "0010", "0011")
"""The migrations in `migrations/versions/`, in their order."""

HEAD = REVISIONS[-1]
"""The newest of them."""

_LOCK = 0x52_45_43_41_53_54  # the name of our lock in PostgreSQL
_WHERE = "recast.ledger:migrations"


def migrate(database: Database) -> None:
    """Create or change the tables so that they are those of this program; raise LedgerUnavailable.

    A ledger that a newer program has written is refused. Any number of processes may start at once.
    """
    if database.path is not None:
        make_sqlite_file(database.path)
    with database.reading() as connection:
        if _revision(connection) == HEAD:
            return
    with _alone(database):
        _make_wal(database)
        with database.writing() as connection:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:it)"), {"it": _LOCK})
            _upgrade(database, connection)


def _upgrade(database: Database, connection: Connection) -> None:
    from alembic.command import upgrade
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", _WHERE)
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        upgrade(config, "head")
    except CommandError as problem:
        raise LedgerUnavailable(
            "The ledger was written by another version of this program",
            where=database.place,
            why=f"It is at {_revision(connection)}, this program knows {HEAD}: {problem}",
            next_step="install the newer recast-framework, or name another database",
            code="ledger.version",
        ) from problem


def _revision(connection: Connection) -> str:
    """Return the migration that a database is at, empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.scalar(text("SELECT version_num FROM alembic_version")) or "")


def _make_wal(database: Database) -> None:
    """Switch SQLite to WAL, which the file remembers; this is not possible in a transaction."""
    if database.is_sqlite:
        raw = database.engine.raw_connection()
        try:
            raw.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            raw.close()


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Hold a lock beside a file of SQLite, which does not wait for others when it switches to WAL.

    It is never the database itself that is opened: closing it would drop the locks of this process on it (fcntl).
    """
    if database.path is None:
        yield
        return
    lock = os.open(database.path.with_name(database.path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
