"""The steps of runs: rows that lists filter, sort and search without reading what they are not asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from recast.json_types import JsonDict, JsonObject
from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["MOST_AT_ONCE", "SORTS", "Found", "KnownStep", "Steps", "WantedSteps", "row_of"]

MOST_AT_ONCE = 500
"""So many rows are replaced by one statement."""

_MOST_WORDS = 600
_steps = tables.steps

SORTS = {
    "": _steps.c.place,
    "id": _steps.c.id,
    "stage": _steps.c.stage,
    "state": _steps.c.counted,
    "attempts": _steps.c.attempts,
    "since": _steps.c.since,
    "node": _steps.c.host,
}
"""What lists can be sorted by; with a dash in front, the other way round."""


@dataclass(frozen=True, slots=True)
class WantedSteps:
    """Which steps, in which order: words of `q` occur in their id, or with `everywhere` also in their node, image and
    reason.
    """

    stage: str = ""
    state: str = ""
    q: str = ""
    sort: str = ""
    everywhere: bool = False


@dataclass(frozen=True, slots=True)
class KnownStep:
    """A step as its driver told it last: in which picture, and what."""

    place: int
    number: int
    document: JsonDict = field(hash=False)


@dataclass(frozen=True, slots=True)
class Found:
    """Some of the steps that were found, and how many there are."""

    steps: Sequence[KnownStep]
    total: int


class Steps:
    """The steps of all runs. Those of a run that nobody has told of are none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, run: str, step: str) -> KnownStep | None:
        """Return a step by its id, None if there is none."""
        found = self._read(_rows().where(_steps.c.run == run, _steps.c.id == step).limit(1))
        return found[0] if found else None

    def find(self, run: str, wanted: WantedSteps, start: int, most: int) -> Found:
        """Return at most so many of the steps that are wanted, after the first `start`."""
        which = [_steps.c.run == run, *_conditions(wanted)]
        column = SORTS[wanted.sort.removeprefix("-")]
        order = column.desc() if wanted.sort.startswith("-") else column
        found = self._read(_rows().where(*which).order_by(order, _steps.c.place).offset(start).limit(most))
        return Found(found, self.count(run, wanted))

    def count(self, run: str, wanted: WantedSteps) -> int:
        """Return how many steps are wanted."""
        query = select(func.count()).select_from(_steps).where(_steps.c.run == run, *_conditions(wanted))
        with self._database.glancing() as connection:
            return connection.scalar(query) or 0

    def changed(self, run: str, after: int, most: int) -> Found:
        """Return at most so many of the steps that have changed after a picture, and how many there are."""
        which = (_steps.c.run == run, _steps.c.number > after)
        with self._database.glancing() as connection:
            total = connection.scalar(select(func.count()).select_from(_steps).where(*which)) or 0
        if not total or total > most:
            return Found((), total)
        return Found(self._read(_rows().where(*which).order_by(_steps.c.place).limit(most)), total)

    def after(self, run: str, step: str, most: int) -> list[str]:
        """Return the ids of at most so many steps that come after a step."""
        named = _steps.c.body.contains(json.dumps(step), autoescape=True)
        found = self._read(_rows().where(_steps.c.run == run, named).order_by(_steps.c.place).limit(most + 1))
        ids = [it.document["id"] for it in found if step in (it.document.get("depends_on") or ())]
        return ids[:most]

    def _read(self, query: Select[Any]) -> list[KnownStep]:
        with self._database.glancing() as connection:
            return [KnownStep(row.place, row.number, json.loads(row.body)) for row in connection.execute(query)]


def row_of(run: str, place: int, number: int, step: JsonObject) -> JsonDict:
    """Return the row of a step."""
    words = " ".join(str(step.get(key) or "") for key in ("id", "host", "image", "why", "reason"))
    return {
        "run": run,
        "place": place,
        "number": number,
        "id": str(step.get("id") or ""),
        "stage": str(step.get("path") or step.get("stage") or ""),
        "counted": str(step.get("counted") or "")[:16],
        "attempts": int(step.get("attempts") or 0),
        "since": float(step.get("since") or 0.0),
        "host": str(step.get("host") or ""),
        "words": words.lower()[:_MOST_WORDS],
        "body": json.dumps(step, separators=(",", ":")),
    }


def _rows() -> Select[Any]:
    return select(_steps.c.place, _steps.c.number, _steps.c.body)


def _conditions(wanted: WantedSteps) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.stage:
        found.append(_steps.c.stage == wanted.stage)
    if wanted.state:
        found.append(_steps.c.counted == wanted.state)
    for word in wanted.q.lower().split():
        where = _steps.c.words if wanted.everywhere else func.lower(_steps.c.id)
        found.append(where.contains(word, autoescape=True))
    return found
