"""The server's database: deliveries, refs, requests and pipelines. Every method is one transaction."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from recast.ci.server.model import Known, Request
from recast.ci.server.plan import Found
from recast.database import open_database
from recast.errors import StoreError

__all__ = ["Ledger"]

_VERSION = 1
_SCHEMA = (
    "CREATE TABLE deliveries (repository TEXT, id TEXT, digest TEXT, received REAL, outcome TEXT, "
    "PRIMARY KEY (repository, id))",
    "CREATE INDEX delivered_content ON deliveries (repository, digest)",
    "CREATE TABLE heard (repository TEXT, ref TEXT, object TEXT, at REAL, PRIMARY KEY (repository, ref))",
    "CREATE TABLE repositories (name TEXT PRIMARY KEY, looked REAL, served REAL NOT NULL DEFAULT 0)",
    "CREATE TABLE refs (repository TEXT, ref TEXT, object TEXT, hash TEXT, gone INTEGER, fork INTEGER, "
    "served REAL NOT NULL DEFAULT 0, PRIMARY KEY (repository, ref))",
    "CREATE TABLE requests (repository TEXT, number INTEGER, fork INTEGER, comment INTEGER, said TEXT, "
    "PRIMARY KEY (repository, number))",
    "CREATE TABLE pipelines (id TEXT PRIMARY KEY, repository TEXT, hash TEXT, lane TEXT, ref TEXT, event TEXT, "
    "state TEXT, trusted INTEGER, word TEXT NOT NULL DEFAULT '', sentence TEXT NOT NULL DEFAULT '', created REAL, "
    "started REAL NOT NULL DEFAULT 0, finished REAL NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0, "
    "tries INTEGER NOT NULL DEFAULT 0, blocked INTEGER NOT NULL DEFAULT 0, fence INTEGER NOT NULL DEFAULT 0, "
    "owner TEXT NOT NULL DEFAULT '', lease_until REAL NOT NULL DEFAULT 0, allowed_by TEXT NOT NULL DEFAULT '', "
    "allowed_at REAL NOT NULL DEFAULT 0, told TEXT NOT NULL DEFAULT '', telling TEXT NOT NULL DEFAULT '', "
    "tell_after REAL NOT NULL DEFAULT 0, tell_tries INTEGER NOT NULL DEFAULT 0, UNIQUE (repository, hash, lane))",
    "CREATE INDEX pipelines_by_state ON pipelines (state)",
)
_WAIT_S = 30.0
_KEEP_DELIVERIES_S = 30 * 86400.0


class Ledger:
    """A connection to the database, for one thread. Raises StoreError if it cannot be used."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self.path, self.now = path, now
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._database = open_database(path, _SCHEMA, _VERSION, synchronous="FULL", timeout_s=_WAIT_S)
            version = self._database.execute("PRAGMA user_version").fetchone()[0]
        except (sqlite3.Error, OSError) as problem:
            raise _unusable(path, str(problem)) from problem
        self._database.row_factory = sqlite3.Row
        if version != _VERSION:
            raise _unusable(path, f"It has version {version}, and this program knows {_VERSION}.")

    def __enter__(self) -> Self:
        """Return itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction that is on the disk when it ends."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        except sqlite3.Error as problem:
            raise _unusable(self.path, str(problem)) from problem

    # deliveries ------------------------------------------------------------------------------------------------

    def note_delivery(self, repository: str, delivery: str, digest: str) -> str:
        """Note a delivery; return `new`, `again` (the forge tries once more) or `replayed`.

        An id with another body, or a body with another id, is a replay: the same event has one id at every forge.
        """
        with self.transaction() as database:
            row = database.execute(
                "SELECT digest FROM deliveries WHERE repository = ? AND id = ?", (repository, delivery)
            ).fetchone()
            if row is not None:
                return "again" if row["digest"] == digest else "replayed"
            known = database.execute(
                "SELECT 1 FROM deliveries WHERE repository = ? AND digest = ? LIMIT 1", (repository, digest)
            ).fetchone()
            if known is not None:
                return "replayed"
            database.execute(
                "INSERT INTO deliveries VALUES (?, ?, ?, ?, 'new')", (repository, delivery, digest, self.now())
            )
            return "new"

    def hear(self, repository: str, ref: str, named: str) -> None:
        """Note that a forge named a commit or tag object for a ref, so that the remote is looked at soon."""
        with self.transaction() as database:
            database.execute(
                "INSERT INTO heard VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET object = excluded.object, "
                "at = excluded.at",
                (repository, ref, named, self.now()),
            )

    def hear_request(self, repository: str, number: int, fork: bool) -> None:
        """Note whether a request comes from a fork."""
        with self.transaction() as database:
            database.execute(
                "INSERT INTO requests (repository, number, fork) VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET fork = excluded.fork",
                (repository, number, fork),
            )

    def forget(self) -> None:
        """Remove deliveries that are too old to be sent again."""
        with self.transaction() as database:
            database.execute("DELETE FROM deliveries WHERE received < ?", (self.now() - _KEEP_DELIVERIES_S,))

    # looks -----------------------------------------------------------------------------------------------------

    def is_due(self, repository: str, every_s: float) -> bool:
        """Return whether a remote must be looked at: a forge has called, the last look was long ago, or the clock was
        set back since.
        """
        with self.transaction() as database:
            heard = database.execute("SELECT 1 FROM heard WHERE repository = ? LIMIT 1", (repository,)).fetchone()
            row = database.execute("SELECT looked FROM repositories WHERE name = ?", (repository,)).fetchone()
        return heard is not None or row is None or not 0.0 <= self.now() - (row["looked"] or 0.0) < every_s

    def known(self, repository: str) -> tuple[dict[str, Known], dict[int, Request], dict[str, tuple[str, float]], bool]:
        """Return refs, requests, what was heard (ref -> object and time), and whether there was never a look."""
        with self.transaction() as database:
            refs = {
                row["ref"]: Known(row["object"], row["hash"], bool(row["gone"]), bool(row["fork"]))
                for row in database.execute("SELECT * FROM refs WHERE repository = ?", (repository,))
            }
            requests = {
                row["number"]: Request(row["number"], bool(row["fork"]))
                for row in database.execute("SELECT * FROM requests WHERE repository = ?", (repository,))
            }
            heard = {
                row["ref"]: (row["object"], row["at"])
                for row in database.execute("SELECT * FROM heard WHERE repository = ?", (repository,))
            }
            row = database.execute("SELECT looked FROM repositories WHERE name = ?", (repository,)).fetchone()
        return refs, requests, heard, row is None or row["looked"] is None

    def note_look(
        self, repository: str, found: Found, heard: Mapping[str, tuple[str, float]], new_id: Callable[[], str]
    ) -> None:
        """Note what a look found: refs, new pipelines, and those that no ref wants any more; all or nothing."""
        now = self.now()
        with self.transaction() as database:
            database.executemany(
                "INSERT INTO refs (repository, ref, object, hash, gone, fork) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET object = excluded.object, hash = excluded.hash, gone = excluded.gone, "
                "fork = excluded.fork",
                [(repository, ref, it.object, it.commit, it.gone, it.fork) for ref, it in found.refs.items()],
            )
            for it in found.wanted:
                # One that was superseded before it had run comes back when a ref comes back to its commit.
                database.execute(
                    "INSERT INTO pipelines (id, repository, hash, lane, ref, event, state, trusted, word, sentence, "
                    "created, finished) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (repository, hash, lane) DO UPDATE SET state = excluded.state, "
                    "word = excluded.word, sentence = excluded.sentence, trusted = excluded.trusted, "
                    "ref = excluded.ref, event = excluded.event, created = excluded.created, "
                    "finished = excluded.finished, not_before = 0 "
                    "WHERE pipelines.state = 'done' AND pipelines.word = 'superseded'",
                    (new_id(), repository, it.commit, it.lane, it.ref, it.event, it.state, it.trusted, it.word,
                     it.sentence, now, now if it.state == "done" else 0.0),
                )  # fmt: skip
            for ref, (named, at) in heard.items():
                database.execute(
                    "DELETE FROM heard WHERE repository = ? AND ref = ? AND object = ? AND at = ?",
                    (repository, ref, named, at),
                )
            database.execute(
                "INSERT INTO repositories (name, looked) VALUES (?, ?) "
                "ON CONFLICT DO UPDATE SET looked = excluded.looked",
                (repository, now),
            )
            _supersede(database, repository, now)


_WANTED = (
    "EXISTS (SELECT 1 FROM refs WHERE refs.repository = p.repository AND refs.hash = p.hash AND NOT refs.gone "
    "AND (p.lane NOT LIKE 'tag:%' OR refs.ref = 'refs/tags/' || substr(p.lane, 5))) "
    "AND NOT (p.lane = 'fork' AND EXISTS (SELECT 1 FROM pipelines AS other WHERE other.repository = p.repository "
    "AND other.hash = p.hash AND other.lane = 'commit'))"
)
"""Some ref still has the commit; a fork's commit that was pushed to the repository itself is judged there."""


def _supersede(database: sqlite3.Connection, repository: str, now: float) -> None:
    """End pipelines that have not begun and whose commit no ref has any more."""
    rows = database.execute(
        f"SELECT p.id, p.ref FROM pipelines AS p WHERE p.repository = ? AND p.state IN ('held', 'queued') "  # noqa: S608
        f"AND NOT ({_WANTED})",
        (repository,),
    ).fetchall()
    for row in rows:
        newer = database.execute(
            "SELECT hash, gone FROM refs WHERE repository = ? AND ref = ?", (repository, row["ref"])
        ).fetchone()
        gone = newer is None or newer["gone"]
        sentence = "its ref was deleted" if gone else f"a newer commit took over: {newer['hash'][:10]}"
        database.execute(
            "UPDATE pipelines SET state = 'done', word = 'superseded', sentence = ?, finished = ? WHERE id = ?",
            (sentence, now, row["id"]),
        )


def _unusable(path: Path, why: str) -> StoreError:
    return StoreError(
        "The server's database cannot be used",
        where=str(path),
        why=why,
        next_step="check the disk and the permissions; without the file the server looks at all repositories anew",
    )
