"""Logs of jobs that run elsewhere: while somebody looks at one, what is new of it is fetched into the run's folder.

Whether a batch system can show the log of a running job is its own affair (`BatchSystem.peek`). It is asked in a thread
of its own, over a connection of its own: however slow its answer is, the run goes on.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from recast.engine import Engine, StepRun
from recast.errors import RecastError
from recast.rundir import PEEKED

__all__ = ["Peeks", "Reader"]

_EVERY_S, _WITHIN_S = 5.0, 30.0
_MOST_BYTES = 64 << 20
"""The rest of a longer log is there when the job has ended."""


class Reader(Protocol):
    """Reads logs of jobs that run elsewhere (`recast.reports.live_log.LiveLog`)."""

    possible: bool
    trouble: RecastError | None

    def read(self, run: StepRun, offset: int) -> bytes:
        """Return what a job has written from a byte on; nothing if that is not known."""


class Peeks:
    """Fetches logs of one run until it is closed. `wanted` returns the steps that somebody looks at."""

    def __init__(
        self,
        folder: Path,
        engine: Engine,
        wanted: Callable[[float], list[str]],
        reader: Callable[[], AbstractContextManager[Reader]],
        say: Callable[[str], None],
        every_s: float = _EVERY_S,
    ) -> None:
        self._folder, self._engine, self._wanted, self._reader, self._say = folder, engine, wanted, reader, say
        self._every_s = every_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="peeks", daemon=True)
        self._thread.start()

    def close(self, longest_s: float = 5.0) -> None:
        """Stop, and remove what was fetched: the whole logs are there now."""
        self._closed.set()
        self._thread.join(longest_s)
        shutil.rmtree(self._folder / PEEKED, ignore_errors=True)

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                if self._wanted(_WITHIN_S) and not self._look():
                    return
            except Exception as problem:  # a log that is not shown stops no run
                self._say(f"logs of running jobs: {type(problem).__name__}: {problem}")

    def _look(self) -> bool:
        """Fetch logs for as long as somebody looks; return whether that is possible at all."""
        with self._reader() as reader:
            while not self._closed.is_set() and (steps := self._wanted(_WITHIN_S)):
                for step in steps:
                    run = self._engine.runs.get(step)
                    if run is not None and run.in_flight and run.job_id is not None:
                        self._fetch(reader, run, run.job_id)
                if reader.trouble is not None:
                    self._say(f"logs of running jobs: {reader.trouble}; {reader.trouble.why}")
                if not reader.possible:
                    return False
                self._closed.wait(self._every_s)
        return True

    def _fetch(self, reader: Reader, run: StepRun, job_id: str) -> None:
        path = self._folder / PEEKED / f"{job_id}.log"
        size = path.stat().st_size if path.exists() else 0
        if size >= _MOST_BYTES or (self._folder / "jobs" / job_id / "log").exists():
            return
        if piece := reader.read(run, size):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with open(path, "ab", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW, 0o600)) as file:
                file.write(piece)
