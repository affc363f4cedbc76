"""What all test-beds have in common: started once, shared, ended with the last one who wants them.

A bed is an engine whose state is in one folder. Who joins it finds it running or starts it. A process of its own, its
keeper (keeper.py), ends it when nobody wants it any more.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from uuid import uuid4

from tests.testbeds import keeper, leases
from tests.testbeds.processes import BedProblem, alive, born, end
from tests.waiting import NotInTime, until

__all__ = ["BEDS", "Bed"]

BEDS = Path(__file__).resolve().parents[2] / ".cache/testbeds"
_TAIL_LETTERS = 1500


@dataclass(frozen=True)
class Bed(ABC):
    """An engine on this machine. Beside its folder lie its lock and what its keeper says."""

    folder: Path

    @property
    @abstractmethod
    def env(self) -> dict[str, str]:
        """What a client of it needs in its environment."""

    @abstractmethod
    def _make(self) -> None:
        """Write all that it needs into its folder, which is empty."""

    @abstractmethod
    def _begin(self) -> None:
        """Start it; return when it is ready, or raise BedProblem."""

    @abstractmethod
    def _end(self) -> None:
        """End all that runs of it."""

    def tend(self) -> None:
        """Do what its keeper has to do every now and then, which for most is nothing."""
        return

    # life ------------------------------------------------------------------------------------------------------

    def start(self, life_s: float = 0, what_for: str = "") -> bool:
        """Start it, or find it running: then return False. It stays while this process lives, and `life_s` at least.

        One process may want it for several things, and leave each of them for itself.
        Raises BedProblem, with the ends of its logs, if it is not ready in time.
        """
        with self.locked():
            if self.running():
                leases.take(self._leases, life_s, what_for)
                return False
            self._clear()
            self._start(life_s, what_for)
            return True

    def leave(self, what_for: str = "") -> None:
        """Want it no longer; it ends if nobody else wants it."""
        leases.drop(self._leases, what_for)

    def stop(self) -> None:
        """End it now, whoever wants it."""
        with self.locked():
            self._clear()

    @contextmanager
    def joined(self) -> Iterator[Self]:
        """Want it for a while."""
        what_for = uuid4().hex
        self.start(what_for=what_for)
        try:
            yield self
        finally:
            self.leave(what_for)

    @contextmanager
    def owned(self) -> Iterator[Self]:
        """Have it for oneself for a while; nothing of it is left."""
        self.start()
        try:
            yield self
        finally:
            self.stop()
            for path in (self._lock, self.keeper_log):
                path.unlink(missing_ok=True)

    def running(self) -> bool:
        """Return whether it was started and has a keeper."""
        return (self.folder / "ready").exists() and self.pid("keeper") != 0

    def is_wanted(self) -> bool:
        """Return whether anybody has a lease."""
        return leases.are_held(self._leases)

    def end_if_unwanted(self) -> bool:
        """End it unless somebody wants it; whoever comes meanwhile waits, and then starts it anew."""
        with self.locked():
            if self.is_wanted():
                return False
            self._clear()
            return True

    def _start(self, life_s: float, what_for: str) -> None:
        self.folder.mkdir()
        leases.take(self._leases, life_s, what_for)
        try:
            self._make()
            keeper.begin(self)
            self._begin()
        except (BedProblem, NotInTime) as problem:
            told = f"{problem}\n{self._last_words()}"
            self._clear()
            raise BedProblem(told) from None
        (self.folder / "ready").touch()

    def _clear(self) -> None:
        kept_by = self.pid("keeper")
        end([kept_by] if kept_by not in (0, os.getpid()) else [])
        self._end()
        # What was killed a moment ago may still be writing.
        until(self._removed, f"{self.folder} cannot be removed")

    def _removed(self) -> bool:
        shutil.rmtree(self.folder, ignore_errors=True)
        return not self.folder.exists()

    def _last_words(self) -> str:
        logs = sorted([*self.folder.glob("**/*.log"), *self.folder.glob("log/*.out"), self.keeper_log])
        tails = {path: path.read_text(errors="replace")[-_TAIL_LETTERS:] for path in logs if path.is_file()}
        return "\n".join(f"{path.name}:\n{text}" for path, text in tails.items() if text)

    # processes -------------------------------------------------------------------------------------------------

    def note(self, name: str, pid: int) -> None:
        """Write down which process it is that goes by a name."""
        pids = self.folder / "pids"
        pids.mkdir(exist_ok=True)
        new = pids / f"{name}.new"
        new.write_text(f"{pid} {born(pid)}")
        new.replace(pids / name)

    def pid(self, name: str) -> int:
        """Return the id of the process that goes by a name; 0 if it does not run."""
        try:
            pid, when = (self.folder / "pids" / name).read_text().split()
        except (OSError, ValueError):
            return 0
        return int(pid) if alive(int(pid)) and born(int(pid)) == when else 0

    # around it -------------------------------------------------------------------------------------------------

    @property
    def keeper_log(self) -> Path:
        """What its keeper says: nothing, unless something is wrong."""
        return self.folder.with_name(f"{self.folder.name}.keeper.log")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep everybody else from starting or ending it."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._lock.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @property
    def _lock(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def _leases(self) -> Path:
        return self.folder / "leases"
