"""The connection to SQLite or PostgreSQL: how it is opened, and what a transaction is."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, IntegrityError
from sqlalchemy.pool import ConnectionPoolEntry

from recast.errors import UsageError
from recast.ledger.faults import Deadlock, LedgerUnavailable, speaking

__all__ = ["Database", "make_sqlite_file"]

_WRITES = "recast_writes"
_BUSY_S = 10.0
"""How long a writer waits for its turn: whoever asks by HTTP does not wait longer."""
_SNAPSHOT = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_KNOWN = ("sqlite", "postgresql")
_IDLE_S = 2.0
_HIDDEN = True
"""No message of an error has the values of a statement: among them are hashes of passwords, and what is private."""
_TRIES = 5

T = TypeVar("T")


class Database:
    """An engine with two kinds of transactions. A pool serves the threads of one process; it must not be forked.

    SQLite runs in WAL mode: readers see a snapshot and never wait; writers take the lock when they begin, so that no
    transaction fails half-way because another wrote in between.
    """

    def __init__(self, url: str) -> None:
        """Raise UsageError for a URL of another database, or if the driver for PostgreSQL is not installed."""
        self.url = _read(url)
        self.place = self.url.render_as_string(hide_password=True)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite(self.url) if self.is_sqlite else _postgres(self.url)
        self._writer = self.engine.execution_options(**{_WRITES: True})
        self._reader = self.engine if self.is_sqlite else self.engine.execution_options(**_SNAPSHOT)
        # Threads of this process queue here and not in SQLite, whose waiters poll and are served in no order.
        self._turn = threading.Lock()
        self._here = threading.local()

    @property
    def path(self) -> Path | None:
        """The file of SQLite; None for PostgreSQL."""
        return Path(self.url.database or "") if self.is_sqlite else None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Run a block on one snapshot of the database; raise LedgerUnavailable."""
        if (shared := self._shared) is not None:
            yield shared
            return
        with speaking(self.place), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Run a block as one transaction, which is on the disk when the block has ended; raise LedgerUnavailable.

        Nothing is written if the block raises. Within `together` it is part of that transaction; anywhere else a
        transaction within one of the same thread is a mistake of ours, and raises RuntimeError.
        """
        if (shared := self._shared) is not None:
            yield shared
            return
        with self._only_one(), speaking(self.place), self._in_turn(), self._writer.begin() as connection:
            yield connection

    def write(self, change: Callable[[Connection], T]) -> T:
        """Make a change as one transaction, and return what it returns; raise LedgerUnavailable, and what it raises.

        On PostgreSQL two may do the same at the same time, each without seeing the other. The database refuses one of
        them, who does it again, and sees the other then. Within `together` that is up to whoever began it.
        """
        if self._shared is not None:
            with self.writing() as connection:
                return change(connection)
        for _ in range(_TRIES):
            try:
                with self.writing() as connection:
                    return change(connection)
            except (IntegrityError, Deadlock) as problem:
                clash = str(problem.orig) if isinstance(problem, IntegrityError) else problem.why
        raise LedgerUnavailable("The ledger is too busy", where=self.place, why=clash, next_step="try again")

    @contextmanager
    def together(self) -> Iterator[None]:
        """Let all that this thread reads and writes in a block be one transaction, which waits for the disk once.

        If anything in it raises, nothing of it is written, unless it was caught before it had written anything. A block
        in a block is part of it.
        """
        if self._shared is not None:
            yield
            return
        with self.writing() as connection:
            self._here.connection, self._here.carried = connection, {}
            try:
                yield
            finally:
                self._here.connection = self._here.carried = None

    @property
    def carried(self) -> dict[str, Any]:
        """What this thread has loaded in the transaction that it is in (`together`), by name; else an empty dict."""
        found: dict[str, Any] | None = getattr(self._here, "carried", None)
        return {} if found is None else found

    @property
    def _shared(self) -> Connection | None:
        """The connection of the transaction that this thread is in."""
        found: Connection | None = getattr(self._here, "connection", None)
        return found

    @contextmanager
    def _only_one(self) -> Iterator[None]:
        """Raise at once for what would wait for its own thread: nobody else could write either until it gives up."""
        if getattr(self._here, "writes", False):
            raise RuntimeError("this thread has a transaction that writes already")
        self._here.writes = True
        try:
            yield
        finally:
            self._here.writes = False

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=_BUSY_S):
            raise LedgerUnavailable("The ledger is too busy", where=self.place, next_step="try again in a few seconds")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _read(url: str) -> URL:
    try:
        found = make_url(url)
        name = found.get_backend_name()
    except (ArgumentError, ValueError) as problem:
        raise _bad_url(f"It is not a URL: {problem}") from problem
    if "\0" in url:
        raise _bad_url("It holds a zero byte.")
    if name not in _KNOWN:
        raise _bad_url(f"{name} is neither sqlite nor postgresql.")
    if name == "sqlite" and not found.database:
        raise _bad_url("A database of SQLite needs a file.")
    return found.set(drivername="postgresql+psycopg") if name == "postgresql" else found


def _bad_url(why: str) -> UsageError:
    return UsageError(
        "This URL names no database for the ledger",
        where="--database",
        why=why,
        next_step="sqlite:////var/lib/recast/ledger.sqlite   or   postgresql://USER@HOST/NAME",
        code="ledger.url",
    )


def _sqlite(url: URL) -> Engine:
    connect = {"timeout": _BUSY_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, hide_parameters=_HIDDEN)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # the driver begins no transactions: `_begin` does
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -16000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgres(url: URL) -> Engine:
    try:
        import psycopg  # noqa: F401
    except ImportError as problem:
        raise UsageError(
            "The driver for PostgreSQL is not installed",
            why=str(problem),
            next_step="pip install 'recast-framework[service,postgres]'",
            code="ledger.driver",
        ) from problem
    engine = create_engine(url, pool_size=20, max_overflow=20, pool_timeout=10, hide_parameters=_HIDDEN)
    event.listen(engine, "checkin", lambda _, record: record.info.update(used=time.monotonic()))
    event.listen(engine, "checkout", _ping_if_idle)
    return engine


def _ping_if_idle(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Ask a connection that nobody has used for a while whether its server is still there; another one is taken if not.

    Asking each time would be a fifth of all that is said to the server.
    """
    if time.monotonic() - record.info.get("used", time.monotonic()) < _IDLE_S:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except Exception as problem:
        raise DisconnectionError from problem


def make_sqlite_file(path: Path) -> None:
    """Create the file of a database and its folder, for their user alone; raise LedgerUnavailable."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as problem:
        raise LedgerUnavailable.of(
            problem, "The ledger cannot be created", path, "name another place: recast serve --database URL"
        ) from problem
