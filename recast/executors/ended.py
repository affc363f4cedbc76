"""Statuses of jobs that ended without an outcome, or differently than their worker reported."""

from __future__ import annotations

import datetime
import os

from recast.executors.protocol import JobStatus
from recast.jobs import FailureClass, JobState, Outcome

__all__ = ["settled", "unable"]


def settled(status: JobStatus) -> JobStatus:
    """Return a status, CANCELLED instead of DONE if the outcome says that the job was cancelled."""
    if status.outcome is None or status.outcome.failure is not FailureClass.CANCELLED:
        return status
    return JobStatus(status.job_id, JobState.CANCELLED, status.native_id, status.outcome, status.outcome.message)


def unable(
    job_id: str, failure: FailureClass, message: str, native_id: str | None = None, host: str | None = None
) -> JobStatus:
    """Return the final status of a job without an outcome whose failure is known; `host` is its node, None for this
    machine.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat()
    outcome = Outcome(
        job_id=job_id,
        exit_code=None,
        signal=None,
        started=now,
        ended=now,
        host=os.uname().nodename if host is None else host,
        runtime="",
        peak_memory_bytes=0,
        cpu_s=0.0,
        image=None,
        failure=failure,
        message=message,
    )
    return JobStatus(job_id, JobState.DONE, native_id, outcome)
