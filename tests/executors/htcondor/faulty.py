"""A run on HTCondor to which something happens."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.executors.faulty import FaultyRun
from tests.executors.htcondor.runs import settings_of
from tests.processes import command
from tests.testbeds.htcondor.config import HEAD, NODES
from tests.testbeds.htcondor.pool import Pool
from tests.waiting import BOUND_S, until

__all__ = ["CondorRun"]


class CondorRun(FaultyRun):
    """One run by `recast run --executor htcondor`; its driver may be killed. More `settings` are the executor's."""

    def __init__(self, pool: Pool, folder: Path, settings: dict[str, object] | None = None, **how: Any) -> None:
        super().__init__(folder, "htcondor", settings_of(pool, patience=0.02, **(settings or {})), **how)
        self.pool = pool

    @contextmanager
    def driven(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start a driver, or the next one; at the end wait until it is done."""
        driver = self._driver = self.drive()
        try:
            yield driver
            assert driver.wait(BOUND_S) == 0, self.said()
        finally:
            if driver.poll() is None:
                driver.kill()
                driver.wait()

    def wait_for(self, what: str, is_so: Callable[[], object]) -> None:
        """Wait until something is so, while the driver lives."""

        def so() -> object:
            has_ended = self._driver is not None and self._driver.poll() is not None
            found = is_so()
            assert found or not has_ended, f"the run has ended before {what}: {self.said()}"
            return found

        until(so, what)

    def wait_for_ended(self, count: int) -> None:
        """Wait until so many attempts have left an outcome."""
        self.wait_for(f"{count} jobs of {self.jobs}", lambda: self.ended() >= count)

    def queue(self, constraint: str = "true") -> list[str]:
        """Return the jobs of the queue."""
        said = self.pool.on(HEAD, "condor_q", "-all", "-constraint", constraint, "-af:j", "JobStatus")
        return [line.split()[0] for line in said.splitlines() if line.strip()]

    def wait_for_queue(self, constraint: str) -> None:
        """Wait until the queue has a job of which something is true."""
        self.wait_for(f"a job with {constraint}", lambda: self.queue(constraint))

    def workers(self) -> list[int]:
        """Return the processes of workers on the nodes, as seen from here."""
        there = [pid for node in NODES for pid, _ in self.pool.processes(node)]
        return [pid for pid in there if _is_worker(command(pid))]


def _is_worker(words: list[str]) -> bool:
    return "worker.pyz" in words and os.path.basename(words[0]).startswith("python")
