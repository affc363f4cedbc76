"""The connection to SQLite or PostgreSQL, and what a transaction is."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from recast.ledger.engines import BUSY_S, KIND, database_url, engine_of
from recast.ledger.faults import Deadlock, LedgerUnavailable, speaking

__all__ = ["Database", "make_sqlite_file"]

_TRIES = 5

T = TypeVar("T")


class Database:
    """An engine with two kinds of transactions, and glances without any. A pool serves the threads of one process; it
    must not be forked.

    SQLite runs in WAL mode: readers see a snapshot and never wait; writers take the lock when they begin, so that no
    transaction fails half-way because another wrote in between. In PostgreSQL, whoever reads sees a snapshot, too; for
    whoever writes each statement sees what is committed when it begins, and what is read to be changed is locked first.
    """

    def __init__(self, url: str) -> None:
        """Raise UsageError for a URL of another database, or if the driver for PostgreSQL is not installed."""
        self.url = database_url(url)
        self.place = self.url.render_as_string(hide_password=True)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = engine_of(self.url)
        self._writer = self.engine.execution_options(**{KIND: "writes"})
        self._glancer = self.engine.execution_options(**{KIND: "glances"})
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
        # It ends with a COMMIT: at each ROLLBACK, psycopg forgets all statements that it has prepared.
        with speaking(self.place), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """Run a block each of whose statements sees what is committed when it begins; raise LedgerUnavailable.

        It is for a single question, which needs no transaction: to begin and end one are two more ways to the server of
        PostgreSQL, each as long as the question's own. Nothing is written in it.
        """
        if (shared := self._shared) is not None:
            yield shared
            return
        with speaking(self.place), self._glancer.connect() as connection:
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
        if not self._turn.acquire(timeout=BUSY_S):
            raise LedgerUnavailable("The ledger is too busy", where=self.place, next_step="try again in a few seconds")
        try:
            yield
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


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
