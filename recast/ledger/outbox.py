"""Mail that is to be sent: written with the event that it tells of, sent once, and at most one digest a day."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Connection, func, insert, or_, select, update

from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["DIGEST_S", "Letter", "Note", "Outbox", "add_notes"]

DIGEST_S = 86400.0
_MOST_TRIES = 10
_FIRST_WAIT_S, _LONGEST_WAIT_S = 60.0, 6 * 3600.0
_outbox = tables.outbox


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person is told: `text` is a key of the texts of mails."""

    id: int
    person: str
    urgency: str
    request: str
    event: int
    text: str
    tries: int


@dataclass(frozen=True, slots=True)
class Letter:
    """What one mail to one person contains: a single urgent note, or all that a day brought."""

    person: str
    notes: tuple[Note, ...]


class Outbox:
    """The mail of a ledger."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def due(self, most: int = 100) -> list[Letter]:
        """Return letters that should be sent now: urgent notes one by one, and a digest of the rest for each person.

        A digest is due a day after the person's last one, or at once if there was none for a day.
        """
        now = self._now()
        with self._database.reading() as connection:
            # What lies further ahead than any wait was written by a clock that has been set back since.
            due = or_(_outbox.c.not_before <= now, _outbox.c.not_before > now + 2 * _LONGEST_WAIT_S)
            where = (_outbox.c.sent.is_(None), due, _outbox.c.tries < _MOST_TRIES)
            order = (_outbox.c.person, _outbox.c.id)
            notes = [_note(row) for row in connection.execute(select(_outbox).where(*where).order_by(*order))]
            recent = self._recent(connection, now)
        urgent = [Letter(note.person, (note,)) for note in notes if note.urgency == "now"]
        calm = [note for note in notes if note.urgency != "now" and note.person not in recent]
        digests = [Letter(person, tuple(each)) for person, each in groupby(calm, key=lambda note: note.person)]
        return [*urgent, *digests][:most]

    def sent(self, letter: Letter) -> None:
        """Note that a letter was sent."""
        self._set(letter.notes, sent=self._now())

    def failed(self, letter: Letter) -> None:
        """Note that a letter could not be sent; it is tried again later, each time after a longer while."""
        tries = max(note.tries for note in letter.notes)
        wait_s = min(_FIRST_WAIT_S * 2**tries, _LONGEST_WAIT_S)
        self._set(letter.notes, tries=tries + 1, not_before=self._now() + wait_s)

    def waiting(self) -> int:
        """Return how many notes are to be sent."""
        with self._database.reading() as connection:
            query = select(func.count()).select_from(_outbox).where(_outbox.c.sent.is_(None))
            return connection.scalar(query) or 0

    def _recent(self, connection: Connection, now: float) -> set[str]:
        """Return who got a digest within a day."""
        where = (_outbox.c.urgency != "now", _outbox.c.sent > now - DIGEST_S, _outbox.c.sent <= now)
        return set(connection.scalars(select(_outbox.c.person).where(*where).distinct()))

    def _set(self, notes: Sequence[Note], **values: object) -> None:
        with self._database.writing() as connection:
            ids = [note.id for note in notes]
            connection.execute(update(_outbox).where(_outbox.c.id.in_(ids), _outbox.c.sent.is_(None)).values(**values))


def add_notes(connection: Connection, notes: Sequence[tuple[str, str, str, int, str]]) -> None:
    """Add notes: person, urgency, request, number of the event, text."""
    keys = ("person", "urgency", "request", "event", "text")
    rows = [{**dict(zip(keys, note, strict=True)), "not_before": 0.0} for note in notes]
    if rows:
        connection.execute(insert(_outbox), rows)


def _note(row: object) -> Note:
    return Note(*(getattr(row, name) for name in Note.__slots__))
