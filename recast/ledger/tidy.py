"""What a ledger need not keep: it is removed from time to time, each kind in a transaction of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, and_, delete, select

from recast.ledger import tables
from recast.ledger.ledger import Ledger
from recast.ledger.looks import forget_looks
from recast.ledger.once import forget
from recast.ledger.operating.troubles import forget_troubles
from recast.ledger.outbox import NEWS_S
from recast.ledger.people.quotas import WINDOW_S
from recast.ledger.people.tables import USES
from recast.moments import moment

__all__ = ["PICTURE_S", "SENT_S", "tidy"]

_DAY_S = 86400.0
SENT_S = 30 * _DAY_S
"""How long mail is known after it was sent."""
PICTURE_S = 180 * _DAY_S
"""How long the steps of an ended run are shown; the run's own folder has them for ever."""

_MOST_PICTURES = 100
_outbox, _snapshots, _steps = tables.outbox, tables.snapshots, tables.steps


def tidy(ledger: Ledger) -> Iterator[Callable[[], None]]:
    """Yield what is to be done, one thing after the other, so that a fault in one leaves the others."""
    yield ledger.changes.forget
    for part in (_once, _sent, _unsent, _uses, _pictures, forget_troubles, forget_looks):
        yield _in_a_transaction(ledger, part)


def _in_a_transaction(ledger: Ledger, part: Callable[[Connection, float], object]) -> Callable[[], None]:
    def do() -> None:
        with ledger.writing() as connection:
            part(connection, ledger.now())

    return do


def _once(connection: Connection, now: float) -> None:
    forget(connection, now)


def _sent(connection: Connection, now: float) -> None:
    connection.execute(delete(_outbox).where(_outbox.c.sent < now - SENT_S))


def _unsent(connection: Connection, now: float) -> None:
    events, theirs = tables.events.c, _outbox.c
    told = and_(events.request == theirs.request, events.number == theirs.event)
    old = select(events.number).where(told, events.at < moment(now - NEWS_S)).exists()
    connection.execute(delete(_outbox).where(theirs.sent.is_(None), old))


def _uses(connection: Connection, now: float) -> None:
    """What is counted no more, with as much time again for a clock that is wrong."""
    connection.execute(delete(USES).where(USES.c.at < moment(now - 2 * WINDOW_S)))


def _pictures(connection: Connection, now: float) -> None:
    """Leave of old pictures all but their steps, those of some runs at a time: they may be many, and others wait to
    write.
    """
    runs = tables.runs.c
    ended = select(runs.id).where(runs.id == _snapshots.c.run, runs.state == "ended").exists()
    has_steps = select(_steps.c.run).where(_steps.c.run == _snapshots.c.run).exists()
    query = select(_snapshots.c.run).where(_snapshots.c.at < now - PICTURE_S, ended, has_steps).limit(_MOST_PICTURES)
    old = connection.scalars(query).all()
    connection.execute(delete(_steps).where(_steps.c.run.in_(old)))
