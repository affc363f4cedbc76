"""What a service need not keep is removed, once an hour: rows, copies of specs, old logs, pieces of broken uploads."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from recast.dispatch.jumps import Jumps
from recast.ledger import Ledger, LedgerUnavailable
from recast.ledger.tidy import tidy
from recast.paths import Places

__all__ = ["Housekeeping"]

_FIRST_S, _EVERY_S = 600.0, 3600.0
_DAY_S = 86400.0
_LOGS_S = 90 * _DAY_S


class Housekeeping:
    """Removes what is old, when it is called and its time has come. A clock that has jumped just now tells no ages."""

    def __init__(
        self,
        ledger: Ledger,
        places: Places,
        say: Callable[[str], None],
        jumps: Jumps | None = None,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger, self._places, self._say, self._steady = ledger, places, say, steady
        self._jumps = jumps or Jumps(_FIRST_S)
        self._next = steady() + _FIRST_S

    def __call__(self) -> None:
        """Do it if its time has come; raise LedgerUnavailable."""
        if self._jumps.settled() and self._steady() >= self._next:
            self._next = self._steady() + _EVERY_S
            self.do()

    def do(self) -> None:
        """Do it now; a fault in one part leaves the others. Raises LedgerUnavailable."""
        for part in (*tidy(self._ledger), self._specs, self._logs, self._uploads):
            try:
                part()
            except LedgerUnavailable:
                raise
            except Exception as problem:
                self._say(f"housekeeping: {type(problem).__name__}: {problem}")

    def _specs(self) -> None:
        """Copies of specs from which runs were created, which have their own."""
        busy = {run.id for run in self._ledger.runs.unfinished()}
        folder = self._places.state_dir / "dispatch"
        for path in _older(folder.glob("*"), _DAY_S):
            if path.is_dir() and path.name not in {"logs", *busy}:
                shutil.rmtree(path, ignore_errors=True)

    def _logs(self) -> None:
        for path in _older((self._places.state_dir / "dispatch" / "logs").glob("work-*.log"), _LOGS_S):
            path.unlink(missing_ok=True)

    def _uploads(self) -> None:
        """What a process has left that was killed while an upload arrived."""
        for path in _older(self._ledger.uploads.store.scratch.glob("upload-*"), _DAY_S):
            path.unlink(missing_ok=True)


def _older(paths: Iterable[Path], age_s: float) -> list[Path]:
    """Return the paths that have not changed for so long."""
    now = time.time()
    return [path for path in paths if _changed(path, now) < now - age_s]


def _changed(path: Path, now: float) -> float:
    try:
        return path.lstat().st_mtime
    except OSError:
        return now
