"""The analyses by when they changed, for feeds: a list of positions, read once for each generation of the index."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence

from sqlalchemy import Connection, select

from recast.ledger import tables
from recast.ledger.catalogue.shelf import Shelf

__all__ = ["Recency"]


class Recency:
    """Remembers one order. Threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shelf: Shelf | None = None
        self._order: Sequence[int] = ()

    def order(self, connection: Connection, shelf: Shelf) -> Sequence[int]:
        """Return the positions of a shelf, those of the analyses that changed last first, then by name."""
        with self._lock:
            if self._shelf is not shelf:
                self._order, self._shelf = _order(connection, shelf), shelf
            return self._order


def _order(connection: Connection, shelf: Shelf) -> list[int]:
    rows = connection.execute(select(tables.analyses.c.number, tables.analyses.c.item))
    changed = {row.number: str(json.loads(row.item).get("changed") or "") for row in rows}
    return sorted(range(len(shelf.names)), key=lambda at: changed.get(shelf.numbers[at], ""), reverse=True)
