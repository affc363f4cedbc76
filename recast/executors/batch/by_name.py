"""Outcomes and logs that jobs leave at a store under their own names, for batch systems that bring nothing home."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from recast.errors import RecastError
from recast.worker.remote.names import LOG, OUTCOME, named_place

if TYPE_CHECKING:
    from recast.store.remote_store import RemoteStore

__all__ = ["NamedOutcomes"]

_AT_A_TIME = 8
_MOST_OUTCOME_BYTES = (64 << 20) + 1
_MOST_LOG_BYTES = 1 << 30


class NamedOutcomes:
    """Brings `outcomes/<job id>/outcome.json` and `log` of a store into the `out` folders of attempts below `jobs`.

    What it brings is as a node left it, and checked by nobody yet. A log that is longer than 1 GiB is cut.
    """

    def __init__(self, far: RemoteStore, jobs: Path) -> None:
        self._far = far
        self._jobs = jobs

    def bring(self, job_ids: Iterable[str]) -> frozenset[str]:
        """Bring what there is of jobs, whole or not at all; return those of which nothing can be told now."""
        wanted = list(job_ids)
        if not wanted:
            return frozenset()
        with ThreadPoolExecutor(min(_AT_A_TIME, len(wanted))) as pool:
            told = list(pool.map(self._one, wanted))
        return frozenset(job_id for job_id, is_told in zip(wanted, told, strict=True) if not is_told)

    def is_here(self, job_id: str) -> bool:
        """Return whether a job's outcome was brought."""
        return (self._jobs / job_id / "out" / OUTCOME).exists()

    def bring_log(self, job_id: str) -> bool:
        """Bring the log of a job that left no outcome; return whether there is one."""
        try:
            return self._fetch(job_id, LOG, _MOST_LOG_BYTES, self._out(job_id))
        except (RecastError, OSError):
            return False

    def _one(self, job_id: str) -> bool:
        """Bring one job's outcome, and its log first: whoever finds the outcome has all that there will be."""
        try:
            out = self._out(job_id)
            if (out / OUTCOME).exists() or not self._fetch(job_id, OUTCOME, _MOST_OUTCOME_BYTES, out, ".came"):
                return True
            self._fetch(job_id, LOG, _MOST_LOG_BYTES, out)
            (out / f"{OUTCOME}.came").replace(out / OUTCOME)
        except (RecastError, OSError):
            return False
        return True

    def _fetch(self, job_id: str, name: str, most_bytes: int, out: Path, suffix: str = "") -> bool:
        return self._far.fetch_named(named_place(job_id, name), out / f"{name}{suffix}", most_bytes)

    def _out(self, job_id: str) -> Path:
        out = self._jobs / job_id / "out"
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        return out
