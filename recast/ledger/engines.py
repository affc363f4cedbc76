"""How SQLite and PostgreSQL are opened: which URL, which driver, and how each kind of transaction begins."""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from recast.errors import UsageError

__all__ = ["BUSY_S", "KIND", "database_url", "engine_of"]

BUSY_S = 10.0
"""How long a writer waits for its turn: whoever asks by HTTP does not wait longer."""

KIND = "recast_transaction"
"""The option of a connection that says which kind of transaction it is for; `reads` by default."""

_BEGINS = {
    "sqlite": {"reads": "BEGIN", "writes": "BEGIN IMMEDIATE", "glances": ""},
    "postgresql": {
        "reads": "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY",
        "writes": "BEGIN ISOLATION LEVEL READ COMMITTED",
        "glances": "",
    },
}
"""How each kind of transaction begins: no driver begins any by itself. A glance is none."""

_KNOWN = ("sqlite", "postgresql")
_IDLE_S = 2.0
_POOL: dict[str, Any] = {"hide_parameters": True, "pool_use_lifo": True}
"""No message of an error has the values of a statement: among them are hashes of passwords, and what is private. The
connection that was used last is used first: it has its pages and prepared statements at hand.
"""


def database_url(url: str) -> URL:
    """Return the URL of a database with the driver that we use; raise UsageError for one that is none of ours."""
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


def engine_of(url: URL) -> Engine:
    """Return the engine for a database; raise UsageError if the driver for PostgreSQL is not installed."""
    return _sqlite(url) if url.get_backend_name() == "sqlite" else _postgres(url)


def _sqlite(url: URL) -> Engine:
    connect = {"timeout": BUSY_S, "check_same_thread": False}
    engine = create_engine(url, connect_args=connect, **_POOL)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # `_begin` begins transactions
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "cache_size = -16000", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    kind = connection.get_execution_options().get(KIND, "reads")
    if statement := _BEGINS[connection.dialect.name][kind]:
        connection.exec_driver_sql(statement)


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
    connect = {"autocommit": True}  # `_begin` begins transactions
    engine = create_engine(url, connect_args=connect, pool_size=20, max_overflow=20, pool_timeout=10, **_POOL)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "checkin", lambda _, record: record.info.update(used=time.monotonic()))
    event.listen(engine, "checkout", _ping_if_idle)
    return engine


def _ping_if_idle(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Ask a connection that nobody has used for a while whether its server is still there; another one is taken if not.

    Asking each time would double what is said to the server for most questions.
    """
    if time.monotonic() - record.info.get("used", time.monotonic()) < _IDLE_S:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as problem:
        raise DisconnectionError from problem
