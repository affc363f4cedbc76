"""The rows of all tables as lines of JSON, the same for every database."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from functools import cache
from typing import IO, Any

from sqlalchemy import Column, Connection, DefaultClause, LargeBinary, Table, func, insert, select, text

from recast.ledger import tables
from recast.ledger.metadata import METADATA

__all__ = ["kept_tables", "read_rows", "restart_numbers", "write_rows"]

_MADE_AGAIN = frozenset({"analyses", "versions", "changes", "once", "login_flows"})
"""What follows from the catalogue, or is worth nothing on another day."""
_BATCH = 1000


def kept_tables() -> list[Table]:
    """Return the tables of a back-up; those that others refer to come first."""
    return [table for table in METADATA.sorted_tables if table.name not in _MADE_AGAIN and table is not tables.marks]


def write_rows(connection: Connection, table: Table, file: IO[bytes]) -> int:
    """Write the rows of a table; return how many."""
    count = 0
    found = connection.execution_options(yield_per=_BATCH).execute(select(table).order_by(*table.primary_key))
    for row in found.mappings():
        line = {name: _encoded(value) for name, value in row.items()}
        file.write(json.dumps(line, separators=(",", ":"), ensure_ascii=False).encode() + b"\n")
        count += 1
    return count


def read_rows(connection: Connection, table: Table, lines: Iterable[bytes]) -> int:
    """Insert rows; return how many. Raises ValueError for what is no row of the table."""
    count = 0
    for batch in _batches(lines):
        rows = [_row(table, line) for line in batch]
        connection.execute(insert(table), rows)
        count += len(rows)
    return count


def restart_numbers(connection: Connection) -> None:
    """Let PostgreSQL count on after the highest numbers; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in METADATA.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        sequence = connection.scalar(text("SELECT pg_get_serial_sequence(:t, :c)"), {"t": table.name, "c": column.name})
        highest = connection.scalar(select(func.max(column)))
        if sequence and highest:
            connection.execute(text("SELECT setval(CAST(:s AS regclass), :n)"), {"s": sequence, "n": highest})


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _row(table: Table, line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if not isinstance(found, dict) or not set(found) <= set(table.c.keys()):
        raise ValueError(f"a row of {table.name} has other columns")
    if missing := sorted(set(table.c.keys()) - set(found) - set(_later(table))):
        raise ValueError(f"a row of {table.name} has no {missing[0]}")
    binary = {column.name for column in table.c if isinstance(column.type, LargeBinary)}
    whole = {**_later(table), **found}
    return {name: base64.b64decode(value) if name in binary else value for name, value in whole.items()}


@cache
def _later(table: Table) -> dict[str, Any]:
    """Return what the columns with a default of the database hold in rows of a program that had no such columns."""
    return {column.name: _default(column) for column in table.c if column.server_default is not None}


def _default(column: Column[Any]) -> Any:
    """Return the value of a default that is a literal: a number, or a text in quotes."""
    assert isinstance(column.server_default, DefaultClause)
    said = str(column.server_default.arg)
    return said[1:-1].replace("''", "'") if said.startswith("'") else json.loads(said)


def _encoded(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
