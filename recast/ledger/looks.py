"""Which logs of running jobs somebody looks at: a wish that the driver of the run carries out, where it can."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["Looks", "forget_looks"]

_looks = tables.looks
_EVERY_S, _KEPT_S = 5.0, 3600.0
_MOST = 5
"""So many logs of one run are asked for at once: each is a question to a batch system."""


class Looks:
    """The looks at logs of a ledger."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def look(self, run: str, step: str) -> None:
        """Note that somebody looks at the log of a step now; at most every few seconds."""
        this = (_looks.c.run == run, _looks.c.step == step[:300])
        with self._database.glancing() as connection:
            known = connection.scalar(select(_looks.c.at).where(*this))
        if known is not None and self._now() - _EVERY_S < known <= self._now():
            return
        try:
            with self._database.writing() as connection:
                if not connection.execute(update(_looks).where(*this).values(at=self._now())).rowcount:
                    connection.execute(insert(_looks).values(run=run, step=step[:300], at=self._now()))
        except IntegrityError:
            pass  # somebody else has just noted the same

    def wanted(self, run: str, within_s: float) -> list[str]:
        """Return the steps of a run whose logs somebody has looked at lately, the newest looks first."""
        query = select(_looks.c.step).where(_looks.c.run == run, _looks.c.at > self._now() - within_s)
        with self._database.glancing() as connection:
            return list(connection.scalars(query.order_by(_looks.c.at.desc(), _looks.c.step).limit(_MOST)))


def forget_looks(connection: Connection, now: float) -> None:
    """Remove looks that are over."""
    connection.execute(delete(_looks).where(_looks.c.at < now - _KEPT_S))
