"""That somebody looks at runs, noted for their drivers: for all runs at once, and without keeping anybody waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection

from recast.errors import RecastError, in_words
from recast.service.log import log

__all__ = ["Looks"]

EVERY_S = 10.0
"""How often it is noted of a run that somebody looks; drivers remember it for longer."""

_MOST = 1000


class Looks:
    """Notes looks by `note`, in a thread that lives only as long as there is something to note.

    What cannot be noted now is not noted: the next look is.
    """

    def __init__(self, note: Callable[[Collection[str]], None], steady: Callable[[], float] = time.monotonic) -> None:
        self._note, self._steady = note, steady
        self._lock = threading.Lock()
        self._noted: dict[str, float] = {}
        self._waiting: set[str] = set()
        self._thread: threading.Thread | None = None

    def at(self, run: str) -> None:
        """Note that somebody looks at a run now."""
        with self._lock:
            now = self._steady()
            if now - self._noted.get(run, -EVERY_S) < EVERY_S:
                return
            if len(self._noted) > _MOST:
                self._noted = {it: at for it, at in self._noted.items() if now - at < EVERY_S}
            self._noted[run] = now
            self._waiting.add(run)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="looks", daemon=True)
                self._thread.start()

    def _write(self) -> None:
        while True:
            with self._lock:
                runs, self._waiting = self._waiting, set()
                if not runs:
                    self._thread = None
                    return
            try:
                self._note(runs)
            except Exception as problem:
                error = problem if isinstance(problem, RecastError) else in_words(problem)
                log("warning", "looks", code=error.code, what=error.what, why=error.why)
