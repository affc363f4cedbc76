"""`python -m tests.ci.server.kill_at N ARGUMENT...`: `recast ARGUMENT...`, killed before the Nth write to its database.

Writes are INSERT, UPDATE and DELETE, and the COMMIT after one; whatever else the server does lies between two of them.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

from recast.ci.server import ledger
from recast.cli import main
from recast.database import open_database

__all__ = ["Killer"]


class Killer:
    """Counts writes of all threads, and kills this process before one of them."""

    def __init__(self, at: int) -> None:
        self._left, self._lock, self._wrote = at, threading.Lock(), threading.local()

    def open(self, path: Path, *given: Any, **more: Any) -> sqlite3.Connection:
        """Open the database as ever, and count what is written with it."""
        database = open_database(path, *given, **more)
        database.set_trace_callback(self._sees)
        return database

    def _sees(self, statement: str) -> None:
        writes = statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        if not writes and not (statement == "COMMIT" and getattr(self._wrote, "yes", False)):
            return
        self._wrote.yes = writes
        with self._lock:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    ledger.open_database = Killer(int(sys.argv[1])).open  # type: ignore[assignment]
    sys.argv[1:] = sys.argv[2:]
    main()
