"""Dispatchers say from time to time that they live, and how they are set up."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from sqlalchemy import Connection, delete, insert, select, update

from recast.json_types import JsonDict, JsonObject
from recast.ledger import tables
from recast.ledger.database import Database

__all__ = ["Heartbeats"]

_marks = tables.marks
_BEGIN = "dispatcher:"
_KEPT_S = 86400.0
_MOST = 50


class Heartbeats:
    """The signs of life in a ledger, each a mark by the name of a dispatcher; those of yesterday are removed."""

    def __init__(self, database: Database, now: Callable[[], float] = time.time) -> None:
        self._database, self._now = database, now

    def beat(self, owner: str, about: JsonObject) -> None:
        """Note that a dispatcher lives."""
        name, value = f"{_BEGIN}{owner}"[:64], json.dumps({**about, "owner": owner, "at": self._now()})
        with self._database.writing() as connection:
            if not connection.execute(update(_marks).where(_marks.c.name == name).values(value=value)).rowcount:
                connection.execute(insert(_marks).values(name=name, value=value))
            old = [it["mark"] for it in self._read(connection) if it["at"] < self._now() - _KEPT_S]
            if old:
                connection.execute(delete(_marks).where(_marks.c.name.in_(old)))

    def known(self) -> list[JsonDict]:
        """Return what dispatchers have said last, the newest first: `owner`, `at`, and how they are set up."""
        with self._database.glancing() as connection:
            found = sorted(self._read(connection), key=lambda it: -float(it["at"]))
        return [{key: value for key, value in it.items() if key != "mark"} for it in found[:_MOST]]

    @staticmethod
    def _read(connection: Connection) -> list[JsonDict]:
        rows = connection.execute(select(_marks).where(_marks.c.name.startswith(_BEGIN, autoescape=True)))
        return [{**json.loads(row.value), "mark": row.name} for row in rows]
