"""Which runs were, or were about to be, started for which request."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger import tables
from recast.ledger.changes import tell
from recast.ledger.database import Database
from recast.ledger.work import Lease, check_fence

__all__ = ["NotedRun", "Runs", "wish_cancel"]

_runs = tables.runs


@dataclass(frozen=True, slots=True)
class NotedRun:
    """A run as the ledger knows it: `folder` is empty until the run was created, `state` is `noted`, `created` or
    `ended`; `owner` has its work, or had it last. While nobody has it, it `waits` until `not_before` (seconds since the
    epoch), because of `why`.
    """

    id: str
    request: str
    work: int
    noted: float
    folder: str
    state: str
    cancel_wished_by: str
    body: JsonDict = field(hash=False)
    owner: str = ""
    waits: bool = False
    not_before: float = 0.0
    why: str = ""


class Runs:
    """The runs that a ledger knows."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def note(self, lease: Lease, run: str, body: JsonObject) -> None:
        """Note the id of a run before the run exists; raise LeaseLost."""
        row = {"id": run, "request": lease.request, "work": lease.id, "noted": self._now(), "state": "noted"}
        with self._database.writing() as connection:
            check_fence(connection, lease)
            connection.execute(insert(_runs).values(body=json.dumps(body), **row))

    def placed(self, lease: Lease, run: str, folder: str) -> None:
        """Note that a run was created, and where it lies; raise LeaseLost."""
        self._set(lease, run, folder=folder, state="created")

    def ended(self, lease: Lease, run: str) -> None:
        """Note that a run has ended; raise LeaseLost."""
        self._set(lease, run, state="ended")

    def get(self, run: str) -> NotedRun:
        """Return a run; raise NotFound."""
        found = self._select(_runs.c.id == run)
        if not found:
            raise NotFound(
                f"There is no run {run}", next_step="recast request show REQUEST lists the runs of a request"
            )
        return found[0]

    def of_request(self, request: str) -> list[NotedRun]:
        """Return the runs of a request, the oldest first."""
        return self._select(_runs.c.request == request)

    def of_work(self, work: int) -> list[NotedRun]:
        """Return the runs that were noted for some work, the oldest first."""
        return self._select(_runs.c.work == work)

    def unfinished(self) -> list[NotedRun]:
        """Return the runs that have not ended, the oldest first."""
        return self._select(_runs.c.state != "ended")

    def _select(self, condition: Any) -> list[NotedRun]:
        owned = _runs.outerjoin(tables.work, tables.work.c.id == _runs.c.work)
        work = tables.work.c
        columns = (work.owner, work.state.label("work_state"), work.not_before, work.outcome)
        query = select(_runs, *columns).select_from(owned).where(condition).order_by(_runs.c.noted)
        with self._database.glancing() as connection:
            return [_noted(row) for row in connection.execute(query)]

    def _set(self, lease: Lease, run: str, **values: object) -> None:
        with self._database.writing() as connection:
            check_fence(connection, lease)
            connection.execute(update(_runs).where(_runs.c.id == run, _runs.c.work == lease.id).values(**values))
            tell(connection, "run", [run])


def wish_cancel(connection: Connection, which: Any, who: str) -> None:
    """Note who wishes runs that have not ended to be cancelled: the parents of their drivers carry it out."""
    connection.execute(update(_runs).where(which, _runs.c.state != "ended").values(cancel_wished_by=who))


def _noted(row: Row[Any]) -> NotedRun:
    body: JsonDict = json.loads(row.body)
    about = (row.id, row.request, row.work, row.noted, row.folder, row.state, row.cancel_wished_by)
    waits = row.work_state == "waiting" and row.state != "ended"
    why = str(json.loads(row.outcome).get("why") or "") if waits and row.outcome else ""
    return NotedRun(*about, body, row.owner or "", waits, row.not_before or 0.0, why)
