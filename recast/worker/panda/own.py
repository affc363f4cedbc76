"""A job whose container our worker starts itself, in the folder of PanDA's pilot."""

from __future__ import annotations

from recast.worker.failure import Failure, Stopped
from recast.worker.node import NotOurs, attempt_here, get_ready
from recast.worker.panda.job import Job, host_name
from recast.worker.remote.leave import leave, send_all
from recast.worker.slot import last_word

__all__ = ["NO_OUTCOME", "run_own"]

NO_OUTCOME = 87
"""Exit code of a job whose outcome is not at the store, or not of this time."""

_WORDS_OF_PILOTS = (146, 160, 161, 162)
_FAILED = 1


def run_own(here: str, index: str) -> int:
    """Run a job from its task to its outcome at the store; return 0 if it succeeded, else the payload's exit code.

    One that has an outcome already is not run again.
    """
    job = Job(here, index)
    try:
        if job.has_ended_before():
            last_word(f"{job.job_id} has run before, and runs once")
            return NO_OUTCOME
    except Failure as failure:
        last_word(f"{job.job_id} cannot begin: {failure.message}")
        return NO_OUTCOME
    try:
        outcome = attempt_here(job.task, lambda: get_ready(job.task), lambda outputs: send_all(job.task, outputs))
    except (Stopped, NotOurs):
        return NO_OUTCOME
    outcome["host"] = host_name()
    is_there = leave(job.task, outcome)
    job.clear(whole=True)
    if not is_there:
        return NO_OUTCOME
    if outcome["failure"] is None:
        return 0
    code = outcome["exit_code"] or _FAILED
    return _FAILED if code in _WORDS_OF_PILOTS else int(code)
