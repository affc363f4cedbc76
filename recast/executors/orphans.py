"""What an earlier driver left behind: outcomes on disk, and unsupervised payloads."""

from __future__ import annotations

import time
from collections.abc import Collection
from pathlib import Path

from recast.executors.protocol import JobStatus
from recast.jobs import JobState, Outcome
from recast.worker.payload import JOB_ID_VARIABLE
from recast.worker.processes import proctree

__all__ = ["end_payloads", "look_up", "read_outcome"]

_PATIENCE_S = 10.0


def read_outcome(folder: Path) -> Outcome | None:
    """Return the outcome in an attempt's folder, None if there is none; raise ValueError if it cannot be read."""
    try:
        text = (folder / "outcome.json").read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise ValueError(str(problem)) from problem
    return Outcome.parsed(text, folder.name)


def look_up(job_id: str, folder: Path) -> JobStatus:
    """Return the status of a job without a worker from its files: DONE with its outcome, or LOST with the reason."""
    try:
        outcome = read_outcome(folder)
    except ValueError as problem:
        return JobStatus(job_id, JobState.LOST, reason=str(problem))
    if outcome is not None:
        return JobStatus(job_id, JobState.DONE, native_id=job_id, outcome=outcome)
    if folder.exists():
        return JobStatus(job_id, JobState.LOST, reason="it started, but its worker ended first")
    return JobStatus(job_id, JobState.LOST, reason="never started")


def end_payloads(job_ids: Collection[str]) -> set[str]:
    """Kill every process that still runs for one of the jobs, with its descendants; return those jobs.

    The processes are found by a variable in their environment. When this returns, they are gone.
    """
    found: set[str] = set()
    give_up_at = time.monotonic() + _PATIENCE_S
    while pids := proctree.marked(JOB_ID_VARIABLE, job_ids):
        found.update(pids.values())
        proctree.kill_all({*pids, *proctree.descendants(pids)})
        if time.monotonic() > give_up_at:
            break
        time.sleep(0.01)
    return found
