"""Make a service again from a back-up, on a machine that has nothing of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, select, update

from recast.atomic import whole_file
from recast.errors import StoreError
from recast.json_types import JsonDict
from recast.ledger import tables
from recast.ledger.audit import differences
from recast.ledger.backup.archive import Hashing, Member, Reader, damaged
from recast.ledger.backup.rows import kept_tables, read_rows, restart_numbers
from recast.ledger.ledger import Ledger
from recast.ledger.migrate import HEAD, REVISIONS
from recast.ledger.stored import fill_briefs
from recast.worker.files.durable import sync_paths

__all__ = ["Restored", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: when the back-up was made, and how many requests, uploads and runs it holds."""

    made: str
    requests: int
    uploads: int
    runs: int


def restore(ledger: Ledger, path: Path, runs: Path) -> Restored:
    """Fill an empty ledger, its uploads and the folder of runs from a back-up; raise StoreError, LedgerUnavailable.

    All rows are inserted in one transaction, at whose end the state must equal the audit trail; files that were written
    before a failure do no harm. The index of the catalogue is made again when the service starts.
    """
    reader = Reader(path)
    _check_revision(path, reader.about)
    _check_empty(ledger)
    found = {"uploads": 0, "runs": 0}
    with ledger.writing() as connection:
        by_name = {f"tables/{table.name}.jsonl": table for table in kept_tables()}
        for member, file in reader.entries():
            kind, _, rest = member.name.partition("/")
            if kind == "tables":
                _table(connection, path, by_name.get(member.name), file)
            elif kind == "uploads":
                _upload(ledger, member, file)
                found["uploads"] += 1
            elif kind == "keys":
                _file(ledger.beside / rest, file)
            else:
                _file(runs / rest, file)
                found["runs"] += rest.endswith("/journal.sqlite")
        _settle(connection, path, runs)
        requests = len(connection.execute(select(tables.requests.c.id)).all())
    return Restored(str(reader.about.get("made", "")), requests, found["uploads"], found["runs"])


def _table(connection: Connection, path: Path, table: Table | None, file: Hashing) -> None:
    if table is None:
        raise damaged(path, "it holds a table that this program does not know")
    try:
        read_rows(connection, table, iter(file.readline, b""))
    except (ValueError, TypeError) as problem:
        raise damaged(path, str(problem)) from problem


def _upload(ledger: Ledger, member: Member, file: Hashing) -> None:
    store, digest = ledger.uploads.store, f"sha256:{member.name.partition('/')[2]}"
    if member.digest != digest:
        raise damaged(Path(member.name), "its content is not what it is named by")
    store.scratch.mkdir(parents=True, exist_ok=True)
    temporary = store.scratch / f"restored-{digest[7:23]}"
    with temporary.open("wb") as stream:
        shutil.copyfileobj(file, stream)
    sync_paths([str(temporary)])
    store.take_over(temporary, digest)


def _file(path: Path, file: Hashing) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with whole_file(path, 0o600) as stream:
        shutil.copyfileobj(file, stream)


def _settle(connection: Connection, path: Path, runs: Path) -> None:
    """Let the runs lie where they do now, and give up all leases; raise StoreError if the audit trail does not hold."""
    for (run,) in connection.execute(select(tables.runs.c.id).where(tables.runs.c.folder != "")).all():
        connection.execute(update(tables.runs).where(tables.runs.c.id == run).values(folder=str(runs / run)))
    taken = update(tables.work).where(tables.work.c.state == "taken")
    connection.execute(taken.values(lease_until=0.0, fence=tables.work.c.fence + 1, owner=""))
    restart_numbers(connection)
    fill_briefs(connection)
    if (difference := next(differences(connection), None)) is not None:
        raise damaged(path, f"request {difference.request} is not what its audit trail says: {difference.field}")


def _check_revision(path: Path, about: JsonDict) -> None:
    """Raise StoreError for a back-up of a newer program; what an older one did not have yet is empty."""
    if about.get("revision") not in REVISIONS:
        raise StoreError(
            "The back-up was made by a newer version of this program",
            where=str(path),
            why=f"Its tables are at {about.get('revision')!s:.40}, those of this program at {HEAD}.",
            next_step="install the newer recast-framework, then restore again",
            code="backup.version",
        )


def _check_empty(ledger: Ledger) -> None:
    with ledger.reading() as connection:
        full = [it.name for it in kept_tables() if connection.execute(select(it).limit(1)).first() is not None]
    if full:
        raise StoreError(
            "The ledger is not empty",
            where=ledger.database.place,
            why=f"There are rows in {', '.join(full[:3])}.",
            next_step="name a new database: recast serve restore FILE --database URL",
            code="backup.not-empty",
        )
