"""Take a back-up while the service runs."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, select

from recast.atomic import whole_file
from recast.errors import StoreError
from recast.ledger import tables
from recast.ledger.backup.archive import Writer, has_place
from recast.ledger.backup.rows import kept_tables, write_rows
from recast.ledger.changes import hold_changes
from recast.ledger.ledger import Ledger
from recast.ledger.migrate import HEAD
from recast.moments import moment

__all__ = ["KEYS", "BackedUp", "back_up"]

KEYS = "answers_*"
"""The key that signs released answers, private and public (`operations.desk.released.service_key`)."""

_JOURNAL = "journal.sqlite"
_STORY = ("request.json", "spec", "results")
"""What belongs to a run besides its journal; the files of its steps are in the artifact store, or can be made again."""
_MOST_IN_MEMORY = 64 << 20


@dataclass(frozen=True, slots=True)
class BackedUp:
    """What a back-up holds: requests, uploads and runs; `missing` are files that the ledger names and that are gone."""

    requests: int
    uploads: int
    runs: int
    bytes: int
    missing: tuple[str, ...]


def back_up(ledger: Ledger, path: Path) -> BackedUp:
    """Write a back-up, completely or not at all, that only its owner can read; raise LedgerUnavailable or StoreError.

    The service goes on. Nothing is added to the ledger while its snapshot begins and the journals of the runs that go
    on are copied, so what the back-up holds was true at one instant; all other files never change.
    """
    with ExitStack() as stack:
        stack.enter_context(_writing(path))
        stream = stack.enter_context(whole_file(path, 0o600))
        journals = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="recast-backup-", dir=path.parent)))
        connection, runs = stack.enter_context(_instant(ledger, journals))
        writer, missing = stack.enter_context(Writer(stream)), list[str]()
        counts = {table.name: _table(writer, connection, table) for table in kept_tables()}
        uploads = _uploads(writer, ledger, connection, missing)
        for run, folder in runs.items():
            _run(writer, run, Path(folder), journals, missing)
        for key in sorted(ledger.beside.glob(KEYS)):
            _file(writer, f"keys/{key.name}", key, missing)
        writer.end({"made": moment(ledger.now()), "revision": HEAD, "rows": counts})
        stream.flush()
        return BackedUp(counts["requests"], uploads, len(runs), stream.tell(), tuple(missing))


@contextmanager
def _instant(ledger: Ledger, journals: Path) -> Iterator[tuple[Connection, dict[str, str]]]:
    """Yield a snapshot of the ledger, with the folders of its runs, after copying the journals of those that go on."""
    with ExitStack() as stack:
        with ledger.writing() as held:
            hold_changes(held)
            connection = stack.enter_context(ledger.reading())
            rows = connection.execute(select(tables.runs).where(tables.runs.c.folder != "")).all()
            for row in rows:
                if row.state != "ended":
                    _copy_journal(Path(row.folder), journals / row.id)
        yield connection, {row.id: row.folder for row in rows}


def _copy_journal(folder: Path, copy: Path) -> None:
    """Copy a journal that somebody may be writing, as SQLite copies a database; nothing, if there is none."""
    journal = folder / _JOURNAL
    if not journal.is_file():
        return
    place = f"{journal.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(place, uri=True, timeout=30)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def _table(writer: Writer, connection: Connection, table: Table) -> int:
    with tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY) as file:
        count = write_rows(connection, table, file)
        size = file.tell()
        file.seek(0)
        writer.add(f"tables/{table.name}.jsonl", file, size)
    return count


def _uploads(writer: Writer, ledger: Ledger, connection: Connection, missing: list[str]) -> int:
    digests = connection.scalars(select(tables.uploads.c.digest).distinct().order_by(tables.uploads.c.digest)).all()
    for digest in digests:
        path = ledger.uploads.store.path(digest)
        _file(writer, f"uploads/{digest.partition(':')[2]}", path, missing)
    return len(digests)


def _run(writer: Writer, run: str, folder: Path, journals: Path, missing: list[str]) -> None:
    copy = journals / run
    if not copy.exists():  # it has ended
        _copy_journal(folder, copy)
    _file(writer, f"runs/{run}/{_JOURNAL}", copy, missing)
    for name in _STORY:
        for path in sorted(_files(folder / name)):
            _file(writer, f"runs/{run}/{path.relative_to(folder).as_posix()}", path, missing)


def _files(path: Path) -> Iterator[Path]:
    """Yield a file, or all files below a folder, without following links to folders."""
    if path.is_file():
        yield path
    for folder, _, names in os.walk(path):
        yield from (found for name in names if (found := Path(folder, name)).is_file())


def _file(writer: Writer, name: str, path: Path, missing: list[str]) -> None:
    if not has_place(name):  # a control character in the name of a file of somebody's spec
        missing.append(str(path))
        return
    try:
        file = path.open("rb")
    except OSError:
        missing.append(str(path))
        return
    with file:
        writer.add(name, file, os.fstat(file.fileno()).st_size)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, sqlite3.Error) as problem:
        raise StoreError(
            "The back-up cannot be written",
            where=str(path),
            why=str(problem),
            next_step="free some space there, or name another file; the last back-up was not touched",
            code="backup.failed",
        ) from problem
