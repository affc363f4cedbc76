"""What the driver of a run tells of it: a summary, which is small and read often, and its steps, which are many.

Each picture has a number that grows. A step keeps the number of the picture in which it changed last, so that whoever
knows one picture is told what has changed since, and the summary is read without any step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from recast.json_types import JsonDict, JsonObject
from recast.ledger import tables
from recast.ledger.changes import tell
from recast.ledger.database import Database
from recast.ledger.steps import MOST_AT_ONCE, Steps, row_of
from recast.ledger.work import Lease, check_fence

__all__ = ["Picture", "Snapshot", "Snapshots"]

_runs, _snapshots, _steps = tables.runs, tables.snapshots, tables.steps


@dataclass(frozen=True, slots=True)
class Picture:
    """What is new of a run: its summary, and the steps that have changed, by their places.

    `whole`: these are all its steps, and whatever was told of others does not hold any more.
    """

    summary: JsonObject = field(hash=False)
    steps: Mapping[int, JsonObject] = field(default_factory=dict, hash=False)
    whole: bool = False

    def after(self, earlier: Picture | None) -> Picture:
        """Return the picture that says what both say, one after the other."""
        if earlier is None or self.whole:
            return self
        return Picture(self.summary, {**earlier.steps, **self.steps}, earlier.whole)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The summary of a run: its number grows with each new one; `at` is when it was written, by the clock of whoever
    drives the run (seconds since the epoch).
    """

    run: str
    number: int
    at: float
    summary: JsonDict = field(hash=False)


class Snapshots:
    """The newest picture of each run."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now
        self.steps = Steps(database)

    def write(self, lease: Lease, run: str, picture: Picture) -> None:
        """Write what is new of a run; raise LeaseLost."""
        with self._database.writing() as connection:
            check_fence(connection, lease)
            values = {"at": self._now(), "body": json.dumps(picture.summary, separators=(",", ":"))}
            number = _next_number(connection, run, values)
            _write_steps(connection, run, number, picture)
            tell(connection, "run", [run])

    def read(self, run: str) -> Snapshot | None:
        """Return the newest summary of a run, None if there is none yet."""
        with self._database.glancing() as connection:
            row = connection.execute(select(_snapshots).where(_snapshots.c.run == run)).one_or_none()
        return None if row is None else Snapshot(row.run, row.number, row.at, json.loads(row.body))

    def look(self, *runs: str) -> None:
        """Note that somebody looks at runs now, so that their pictures come more often."""
        with self._database.writing() as connection:
            connection.execute(update(_runs).where(_runs.c.id.in_(runs)).values(looked=self._now()))

    def looked(self, run: str, within_s: float) -> bool:
        """Return whether somebody has looked at a run lately."""
        with self._database.glancing() as connection:
            looked = connection.scalar(select(_runs.c.looked).where(_runs.c.id == run))
        return looked is not None and looked > self._now() - within_s


def _next_number(connection: Connection, run: str, values: Mapping[str, Any]) -> int:
    """Write a summary and return its number."""
    known = update(_snapshots).where(_snapshots.c.run == run)
    if not connection.execute(known.values(number=_snapshots.c.number + 1, **values)).rowcount:
        connection.execute(insert(_snapshots).values(run=run, number=1, **values))
    return connection.scalar(select(func.max(_snapshots.c.number)).where(_snapshots.c.run == run)) or 1


def _write_steps(connection: Connection, run: str, number: int, picture: Picture) -> None:
    """Replace the steps that have changed: some at a time, for a database has a largest number of values."""
    if picture.whole:
        connection.execute(delete(_steps).where(_steps.c.run == run))
    places = list(picture.steps)
    for at in range(0, len(places), MOST_AT_ONCE):
        some = places[at : at + MOST_AT_ONCE]
        if not picture.whole:
            connection.execute(delete(_steps).where(_steps.c.run == run, _steps.c.place.in_(some)))
        connection.execute(insert(_steps), [row_of(run, place, number, picture.steps[place]) for place in some])
