"""What forges are still to be told, in the ledger: an intention is on the disk before each attempt."""

from __future__ import annotations

from dataclasses import dataclass

from recast.ci.server.ledger import Ledger

__all__ = ["Outbox", "ToComment", "ToTell"]

_TEXT = "CASE WHEN state = 'done' THEN word || ': ' || sentence ELSE state END"
_AT_A_TIME = 50
_IN_REPOSITORY = (
    "({it}.lane = 'fork' AND EXISTS (SELECT 1 FROM pipelines AS own WHERE own.repository = {it}.repository "
    "AND own.hash = {it}.hash AND own.lane = 'commit'))"
)
"""A fork's commit that is the repository's by now, as after a merge: what is said of it there is what counts."""


def _here(it: str) -> str:
    return _IN_REPOSITORY.format(it=it)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A status that a forge does not have yet: the word is a state or a word for a commit."""

    id: str
    repository: str
    commit: str
    lane: str
    ref: str
    word: str
    sentence: str
    tries: int
    attempts: int
    text: str


@dataclass(frozen=True, slots=True)
class ToComment:
    """A comment that is not on a request yet, or is another one; `comment` is the id of an earlier one."""

    repository: str
    number: int
    comment: int | None
    id: str
    tries: int
    word: str
    sentence: str


class Outbox:
    """What is to be told about a repository, as the ledger has it."""

    def __init__(self, ledger: Ledger, repository: str) -> None:
        self._ledger, self._repository = ledger, repository

    def statuses(self) -> list[ToTell]:
        """Return the statuses that are due; one that was superseded before anything was told of it stays untold."""
        with self._ledger.transaction() as database:
            rows = database.execute(
                f"SELECT *, {_TEXT} AS text FROM pipelines WHERE repository = ? AND told != text "  # noqa: S608
                f"AND tell_after <= ? AND NOT (word = 'superseded' AND (telling = '' OR {_here('pipelines')})) "
                "ORDER BY state = 'done' DESC, created LIMIT ?",
                (self._repository, self._ledger.now(), _AT_A_TIME),
            ).fetchall()
        return [
            ToTell(
                row["id"], row["repository"], row["hash"], row["lane"], row["ref"],
                row["word"] if row["state"] == "done" else row["state"],
                row["sentence"] if row["state"] == "done" else "", row["tries"], row["tell_tries"], row["text"],
            )
            for row in rows
        ]  # fmt: skip

    def telling(self, it: ToTell) -> bool:
        """Note that a status is about to be told; return whether that was noted before, so that it may be there."""
        with self._ledger.transaction() as database:
            row = database.execute("SELECT telling FROM pipelines WHERE id = ?", (it.id,)).fetchone()
            database.execute("UPDATE pipelines SET telling = ? WHERE id = ?", (it.text, it.id))
        return row is not None and row["telling"] == it.text

    def told(self, it: ToTell) -> None:
        """Note that a status was told."""
        with self._ledger.transaction() as database:
            database.execute(
                "UPDATE pipelines SET told = ?, telling = ?, tell_tries = 0 WHERE id = ?", (it.text, it.text, it.id)
            )

    def failed(self, it: ToTell, wait_s: float, *, give_up: bool) -> None:
        """Note that a status could not be told: again after a while, or never."""
        with self._ledger.transaction() as database:
            database.execute(
                "UPDATE pipelines SET tell_tries = tell_tries + 1, tell_after = ?, told = CASE WHEN ? THEN ? ELSE told "
                "END WHERE id = ?",
                (self._ledger.now() + wait_s, give_up, it.text, it.id),
            )

    def comments(self) -> list[ToComment]:
        """Return the comments that requests lack: about the pipeline of their present commit, once it is done."""
        with self._ledger.transaction() as database:
            rows = database.execute(
                "SELECT q.repository, q.number, q.comment, p.id, p.tries, p.word, p.sentence FROM requests AS q "  # noqa: S608
                "JOIN refs AS r ON r.repository = q.repository AND r.ref IN "
                "('refs/pull/' || q.number || '/head', 'refs/merge-requests/' || q.number || '/head') AND NOT r.gone "
                "JOIN pipelines AS p ON p.repository = q.repository AND p.hash = r.hash "
                "WHERE q.repository = ? AND p.lane IN ('commit', 'fork') AND p.state = 'done' "
                f"AND p.word != 'superseded' AND NOT {_here('p')} AND COALESCE(q.said, '') != p.id "
                "AND p.told = p.word || ': ' || p.sentence LIMIT ?",
                (self._repository, _AT_A_TIME),
            ).fetchall()
        return [ToComment(*row) for row in rows]

    def commented(self, it: ToComment, comment: int | None) -> None:
        """Note that a comment is there."""
        with self._ledger.transaction() as database:
            database.execute(
                "UPDATE requests SET said = ?, comment = ? WHERE repository = ? AND number = ?",
                (it.id, comment, it.repository, it.number),
            )
