"""Mail that is to be sent: written with the event that it tells of, sent once, and at most one digest a day."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, or_, select, update

from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["DIGEST_S", "NEWS_S", "Letter", "Note", "Outbox", "add_notes"]

DIGEST_S = 86400.0
_MOST_TRIES = 24
"""Four days, with the waits in between: as long as mail servers try among themselves."""
_FIRST_WAIT_S, _LONGEST_WAIT_S = 60.0, 6 * 3600.0
_CLAIMED_S = 900.0
"""How long whoever sends a letter has it for themselves: longer than a server may take with every time-out."""
NEWS_S = 14 * 86400.0
"""How long mail is worth sending: a mail server that is set up today does not send last year's."""
_MOST_NOTES = 500
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


class _Taken(Exception):
    """A note of a letter is somebody else's."""


class Outbox:
    """The mail of a ledger."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def due(self, most: int = 100) -> list[Letter]:
        """Return letters that should be sent now: urgent notes one by one, and a digest of the rest for each person.

        A digest is due a day after the person's last one, or at once if there was none for a day. Others may see the
        same letters: `claim` one before it is sent.
        """
        now = self._now()
        is_due = _is_due(now)
        with self._database.reading() as connection:
            urgent = select(_outbox).where(is_due, _URGENT).order_by(_outbox.c.id).limit(most)
            letters = [Letter(note.person, (note,)) for note in _notes(connection, urgent)]
            for person in connection.scalars(_digested(now).limit(most - len(letters))).all():
                calm = select(_outbox).where(is_due, _CALM, _outbox.c.person == person).order_by(_outbox.c.id)
                letters.append(Letter(person, tuple(_notes(connection, calm.limit(_MOST_NOTES)))))
        return letters

    def claim(self, letter: Letter) -> bool:
        """Take a letter that is due, for a quarter of an hour; return whether it is ours: one of several gets it."""
        now = self._now()
        ids = [note.id for note in letter.notes]
        try:
            with self._database.writing() as connection:
                ours = update(_outbox).where(_outbox.c.id.in_(ids), _is_due(now)).values(not_before=now + _CLAIMED_S)
                if connection.execute(ours).rowcount != len(ids):
                    raise _Taken
        except _Taken:
            return False
        return True

    def sent(self, letter: Letter) -> None:
        """Note that a letter was sent."""
        self._set(letter.notes, sent=self._now())

    def failed(self, letter: Letter, why: str = "") -> None:
        """Note that a letter was refused; it is tried again later, each time after a longer while, for some days. `why`
        names no address.
        """
        tries = max(note.tries for note in letter.notes)
        wait_s = min(_FIRST_WAIT_S * 2**tries, _LONGEST_WAIT_S)
        self._set(letter.notes, tries=tries + 1, not_before=self._now() + wait_s, why=why[:100])

    def put_off(self, letter: Letter, wait_s: float) -> None:
        """Note that a letter could not be sent by no fault of its own: that is no try of it."""
        self._set(letter.notes, not_before=self._now() + wait_s)

    def set_aside(self, letter: Letter, why: str = "") -> None:
        """Note that a letter cannot be sent, now or later; `why` names no address."""
        self._set(letter.notes, tries=_MOST_TRIES, why=why[:100])

    def waiting(self) -> int:
        """Return how many notes are to be sent."""
        with self._database.glancing() as connection:
            query = select(func.count()).select_from(_outbox).where(_outbox.c.sent.is_(None))
            return connection.scalar(query) or 0

    def _set(self, notes: Sequence[Note], **values: object) -> None:
        with self._database.writing() as connection:
            ids = [note.id for note in notes]
            connection.execute(update(_outbox).where(_outbox.c.id.in_(ids), _outbox.c.sent.is_(None)).values(**values))


def add_notes(connection: Connection, notes: Sequence[tuple[str, str, str, int, str]], now_s: float = 0.0) -> None:
    """Add notes: person, urgency, request, number of the event, text."""
    keys = ("person", "urgency", "request", "event", "text")
    rows = [{**dict(zip(keys, note, strict=True)), "not_before": 0.0, "at": now_s} for note in notes]
    if rows:
        connection.execute(insert(_outbox), rows)


_URGENT, _CALM = _outbox.c.urgency == "now", _outbox.c.urgency != "now"


def _is_due(now: float) -> ColumnElement[bool]:
    """Return which notes may be sent. What waits for longer than any wait was written by a clock that has jumped."""
    there = and_(_outbox.c.sent.is_(None), _outbox.c.tries < _MOST_TRIES)
    young = or_(_outbox.c.at == 0, _outbox.c.at > now - NEWS_S)
    return and_(there, young, or_(_outbox.c.not_before <= now, _outbox.c.not_before > now + _LONGEST_WAIT_S))


def _digested(now: float) -> Select[str]:
    """Return the persons for whom a digest is due: none is on its way or waits for another try, and none was sent."""
    waits = and_(_outbox.c.sent.is_(None), _outbox.c.tries < _MOST_TRIES, ~_is_due(now), _outbox.c.not_before > now)
    recent = and_(_outbox.c.sent > now - DIGEST_S, _outbox.c.sent <= now + _LONGEST_WAIT_S)
    not_yet = select(_outbox.c.person).where(_CALM, or_(waits, recent))
    query = select(_outbox.c.person).where(_is_due(now), _CALM, _outbox.c.person.not_in(not_yet))
    return query.group_by(_outbox.c.person).order_by(func.min(_outbox.c.id))


def _notes(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[Note]:
    return [Note(*(getattr(row, name) for name in Note.__slots__)) for row in connection.execute(query)]
