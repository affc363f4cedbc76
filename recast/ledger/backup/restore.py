"""Make a service again from a back-up, on a machine that has nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.exc import IntegrityError

from recast.errors import StoreError
from recast.json_types import JsonDict
from recast.ledger import tables
from recast.ledger.audit import differences
from recast.ledger.backup.archive import Hashing, Reader, damaged
from recast.ledger.backup.rows import kept_tables, read_rows, restart_numbers
from recast.ledger.backup.unpacked import Unpacked, check_places
from recast.ledger.changes import hold_changes
from recast.ledger.ledger import Ledger
from recast.ledger.migrate import HEAD, REVISIONS
from recast.ledger.people.audit import note
from recast.ledger.people.tables import INVITATIONS, LINKS, SESSIONS, TOKENS
from recast.ledger.stored import fill_briefs
from recast.moments import moment

__all__ = ["Restored", "restore"]


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: when the back-up was made, and how many requests, uploads and runs it holds."""

    made: str
    requests: int
    uploads: int
    runs: int


def restore(ledger: Ledger, path: Path, runs: Path, *, keep_logins: bool = False) -> Restored:
    """Fill an empty ledger, its uploads and the folder of runs from a back-up; raise StoreError, LedgerUnavailable.

    Everything is read, unpacked aside and compared first; then the files are moved to their places, and the rows of one
    transaction are there. A back-up that fails on the way changes nothing. Tokens, sessions, links and invitations of
    the back-up end, unless `keep_logins`: those that were revoked since it was made would work again. The index of the
    catalogue is made again when the service starts.
    """
    reader = Reader(path)
    _check_revision(path, reader.about)
    try:
        check_places(reader.members, ledger, runs)
        with Unpacked(ledger, runs) as unpacked:
            with ledger.writing() as connection:
                _check_empty(connection, ledger.database.place)
                _read(connection, path, reader, unpacked)
                _settle(connection, path, runs)
                if not keep_logins:
                    _end_logins(connection, moment(ledger.now()))
                requests = len(connection.execute(select(tables.requests.c.id)).all())
                unpacked.place()
            unpacked.kept()
    except IntegrityError as problem:
        raise damaged(path, f"its rows do not fit together: {problem.orig}") from problem
    except OSError as problem:
        raise StoreError.of(
            problem, "The back-up cannot be unpacked", runs, "free some space there; nothing was changed"
        ) from problem
    counts = unpacked.counts
    return Restored(str(reader.about.get("made", "")), requests, counts["uploads"], counts["runs"])


def _read(connection: Connection, path: Path, reader: Reader, unpacked: Unpacked) -> None:
    by_name = {f"tables/{table.name}.jsonl": table for table in kept_tables()}
    for member, file in reader.entries():
        if member.name.startswith("tables/"):
            _table(connection, path, by_name.get(member.name), file)
        else:
            unpacked.add(member, file)


def _table(connection: Connection, path: Path, table: Table | None, file: Hashing) -> None:
    if table is None:
        raise damaged(path, "it holds a table that this program does not know")
    try:
        read_rows(connection, table, iter(file.readline, b""))
    except (ValueError, TypeError) as problem:
        raise damaged(path, str(problem)) from problem


def _end_logins(connection: Connection, now: str) -> None:
    """Let nothing that proves who somebody is be valid any more: passwords and the provider let people in again."""
    for table in (SESSIONS, INVITATIONS):
        connection.execute(delete(table))
    for proof in (TOKENS, LINKS):
        connection.execute(update(proof).where(proof.c.revoked.is_(None)).values(revoked=now))
    note(connection, "service", "restored", "everybody", now)


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


def _check_empty(connection: Connection, place: str) -> None:
    """Raise StoreError unless a ledger is empty, and let nobody make a request in it until it is filled."""
    hold_changes(connection)
    full = [it.name for it in kept_tables() if connection.execute(select(it).limit(1)).first() is not None]
    if full:
        raise StoreError(
            "The ledger is not empty",
            where=place,
            why=f"There are rows in {', '.join(full[:3])}.",
            next_step="name a new database: recast serve restore FILE --database URL",
            code="backup.not-empty",
        )
