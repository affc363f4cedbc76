"""Pipelines in the ledger: who waits, who runs with which lease, and the one verdict of each."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from recast.ci.server.ledger import Ledger
from recast.ci.server.model import Pipeline, Waiting
from recast.ci.server.plan import choose
from recast.errors import NotFound, PermissionDenied, UsageError
from recast.suggest import listed

__all__ = ["LEASE_S", "Queue"]

LEASE_S = 60.0
_SHOWN = 500


class Queue:
    """The queue in a ledger, as one server (`owner`) sees it."""

    def __init__(self, ledger: Ledger, owner: str = "") -> None:
        self._ledger, self._owner = ledger, owner

    def take(self, parallel: int) -> Pipeline | None:
        """Lease the pipeline that is next; None if there is none or no place is free.

        One whose lease has run out is next of all: its server is dead, and what it started may still be going on.
        """
        now = self._ledger.now()
        with self._ledger.transaction() as database:
            orphan = database.execute(
                "SELECT * FROM pipelines WHERE state = 'running' AND lease_until <= ? ORDER BY started LIMIT 1", (now,)
            ).fetchone()
            if orphan is not None:
                return self._lease(database, orphan["id"], now)
            running = [
                (row["repository"], row["hash"])
                for row in database.execute("SELECT repository, hash FROM pipelines WHERE state = 'running'")
            ]
            chosen = choose(_waiting(database, now), running, parallel)
            if chosen is None:
                return None
            database.execute(
                "INSERT INTO repositories (name, served) VALUES (?, ?) "
                "ON CONFLICT DO UPDATE SET served = excluded.served",
                (chosen.repository, now),
            )
            database.execute(
                "UPDATE refs SET served = ? WHERE repository = ? AND ref = ?", (now, chosen.repository, chosen.ref)
            )
            return self._lease(database, chosen.id, now)

    def _lease(self, database: sqlite3.Connection, name: str, now: float) -> Pipeline:
        database.execute(
            "UPDATE pipelines SET state = 'running', owner = ?, fence = fence + 1, lease_until = ?, "
            "started = CASE WHEN started = 0 THEN ? ELSE started END WHERE id = ?",
            (self._owner, now + LEASE_S, now, name),
        )
        return _pipeline(database.execute("SELECT * FROM pipelines WHERE id = ?", (name,)).fetchone())

    def release_all(self) -> None:
        """Let every lease run out: this server holds the lock, so that all others are dead."""
        with self._ledger.transaction() as database:
            database.execute("UPDATE pipelines SET lease_until = 0 WHERE state = 'running'")

    def renew(self, leases: Iterable[tuple[str, int]]) -> None:
        """Renew the leases (id, fence) that this server still holds."""
        until = self._ledger.now() + LEASE_S
        with self._ledger.transaction() as database:
            database.executemany(
                "UPDATE pipelines SET lease_until = ? WHERE id = ? AND fence = ? AND state = 'running'",
                [(until, name, fence) for name, fence in leases],
            )

    def bound_waits(self, longest_s: float) -> None:
        """Let nothing wait longer than this: after the clock was set back, what was to come soon would be far away."""
        until = self._ledger.now() + longest_s
        with self._ledger.transaction() as database:
            for column in ("not_before", "tell_after"):
                database.execute(
                    f"UPDATE pipelines SET {column} = ? WHERE {column} > ?",  # noqa: S608
                    (until, until),
                )

    def begin_try(self, pipeline: Pipeline) -> int | None:
        """Count a new try, and return its number; None if the lease is not ours any more."""
        with self._ledger.transaction() as database:
            changed = database.execute(
                "UPDATE pipelines SET tries = tries + 1 WHERE id = ? AND fence = ? AND state = 'running'",
                (pipeline.id, pipeline.fence),
            ).rowcount
            row = database.execute("SELECT tries FROM pipelines WHERE id = ?", (pipeline.id,)).fetchone()
        return int(row["tries"]) if changed else None

    def finish(self, pipeline: Pipeline, word: str, sentence: str) -> bool:
        """Write the verdict; return False, and write nothing, if the lease is not ours any more."""
        with self._ledger.transaction() as database:
            return bool(
                database.execute(
                    "UPDATE pipelines SET state = 'done', word = ?, sentence = ?, finished = ?, tell_after = 0, "
                    "tell_tries = 0 WHERE id = ? AND fence = ? AND state = 'running'",
                    (word, sentence, self._ledger.now(), pipeline.id, pipeline.fence),
                ).rowcount
            )

    def postpone(self, pipeline: Pipeline, wait_s: float) -> bool:
        """Put a pipeline back that the infrastructure has blocked, for another try after a while."""
        with self._ledger.transaction() as database:
            return bool(
                database.execute(
                    "UPDATE pipelines SET state = 'queued', blocked = blocked + 1, not_before = ? "
                    "WHERE id = ? AND fence = ? AND state = 'running'",
                    (self._ledger.now() + wait_s, pipeline.id, pipeline.fence),
                ).rowcount
            )

    def allow(self, name: str, who: str, *, trusted: bool) -> Pipeline:
        """Let a held pipeline go on, because a person says so; raise NotFound or PermissionDenied."""
        with self._ledger.transaction() as database:
            row = self._find(database, name)
            if row["state"] != "held":
                raise PermissionDenied(
                    "This pipeline does not wait for anybody's word",
                    where=row["id"],
                    why=f"It is {row['word'] or row['state']}. What is pushed to a request later needs a new word.",
                    next_step="recast ci queue",
                )
            database.execute(
                "UPDATE pipelines SET state = 'queued', trusted = ?, allowed_by = ?, allowed_at = ? WHERE id = ?",
                (trusted, who, self._ledger.now(), row["id"]),
            )
            return _pipeline(database.execute("SELECT * FROM pipelines WHERE id = ?", (row["id"],)).fetchone())

    def again(self, name: str) -> Pipeline:
        """Queue a pipeline again that the infrastructure has blocked for good; raise NotFound or UsageError."""
        with self._ledger.transaction() as database:
            row = self._find(database, name)
            if (row["state"], row["word"]) != ("done", "blocked"):
                raise UsageError(
                    "Only a pipeline that the infrastructure has blocked is tried again",
                    where=row["id"],
                    why=f"It is {row['word'] or row['state']}. Asking twice does not change the verdict on a commit.",
                    next_step="recast ci queue",
                )
            database.execute(
                "UPDATE pipelines SET state = 'queued', word = '', sentence = '', finished = 0, tries = 0, "
                "blocked = 0, not_before = 0 WHERE id = ?",
                (row["id"],),
            )
            return _pipeline(database.execute("SELECT * FROM pipelines WHERE id = ?", (row["id"],)).fetchone())

    def get(self, name: str) -> Pipeline:
        """Return a pipeline by its id or the beginning of it; raise NotFound."""
        with self._ledger.transaction() as database:
            return _pipeline(self._find(database, name))

    def head_of(self, repository: str, ref: str) -> str:
        """Return the commit that a ref had at the last look, an empty string if it was not there."""
        with self._ledger.transaction() as database:
            row = database.execute(
                "SELECT hash FROM refs WHERE repository = ? AND ref = ? AND NOT gone", (repository, ref)
            ).fetchone()
        return "" if row is None else str(row["hash"])

    def newest(self, most: int = _SHOWN) -> list[Pipeline]:
        """Return the newest pipelines, the newest first."""
        with self._ledger.transaction() as database:
            rows = database.execute("SELECT * FROM pipelines ORDER BY created DESC, id LIMIT ?", (most,)).fetchall()
        return [_pipeline(row) for row in rows]

    def _find(self, database: sqlite3.Connection, name: str) -> sqlite3.Row:
        rows = database.execute(
            "SELECT * FROM pipelines WHERE substr(id, 1, length(?)) = ? LIMIT 2", (name, name)
        ).fetchall()
        if len(rows) != 1 or not name:
            names = [row["id"] for row in database.execute("SELECT id FROM pipelines WHERE state = 'held'")]
            raise NotFound(
                "There is no such pipeline" if not rows else "Several pipelines begin like this",
                where=name[:80],
                why=f"Those that wait for a person: {listed(name, names)}.",
                next_step="recast ci queue",
            )
        row: sqlite3.Row = rows[0]
        return row


def _waiting(database: sqlite3.Connection, now: float) -> list[Waiting]:
    """Return the queued pipelines; a tag's waits until its commit is judged: it does the same, and then publishes."""
    rows = database.execute(
        "SELECT p.*, COALESCE(r.served, 0) AS ref_served, COALESCE(o.served, 0) AS repository_served "
        "FROM pipelines AS p LEFT JOIN refs AS r ON r.repository = p.repository AND r.ref = p.ref "
        "LEFT JOIN repositories AS o ON o.name = p.repository WHERE p.state = 'queued' AND p.not_before <= ? "
        "AND NOT (p.lane LIKE 'tag:%' AND EXISTS (SELECT 1 FROM pipelines AS c WHERE c.repository = p.repository "
        "AND c.hash = p.hash AND c.lane = 'commit' AND c.state IN ('queued', 'running')))",
        (now,),
    )
    return [
        Waiting(
            row["id"], row["repository"], row["ref"], row["hash"], row["created"], row["repository_served"],
            row["ref_served"],
        )
        for row in rows
    ]  # fmt: skip


def _pipeline(row: sqlite3.Row) -> Pipeline:
    return Pipeline(
        id=row["id"],
        repository=row["repository"],
        commit=row["hash"],
        lane=row["lane"],
        ref=row["ref"],
        event=row["event"],
        state=row["state"],
        trusted=bool(row["trusted"]),
        word=row["word"],
        sentence=row["sentence"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        tries=row["tries"],
        blocked=row["blocked"],
        fence=row["fence"],
        allowed_by=row["allowed_by"],
    )
