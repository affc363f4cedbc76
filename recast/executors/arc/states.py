"""States and words of A-REX in ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from recast.executors.batch.system import EngineState
from recast.jobs import FailureClass

__all__ = ["IN_BATCH", "STATES", "UNSENT", "engine_state", "failure_of_words", "why_ended"]

STATES: Mapping[str, EngineState] = {
    "ACCEPTING": EngineState.WAITING,
    "ACCEPTED": EngineState.WAITING,
    "PREPARING": EngineState.WAITING,
    "PREPARED": EngineState.WAITING,
    "SUBMITTING": EngineState.WAITING,
    "QUEUING": EngineState.WAITING,
    "RUNNING": EngineState.RUNNING,
    "HELD": EngineState.HELD,
    "EXITINGLRMS": EngineState.RUNNING,
    "OTHER": EngineState.RUNNING,
    "EXECUTED": EngineState.RUNNING,
    "FINISHING": EngineState.RUNNING,
    "KILLING": EngineState.RUNNING,
    "FINISHED": EngineState.ENDED,
    "FAILED": EngineState.ENDED,
    "KILLED": EngineState.ENDED,
    "WIPED": EngineState.GONE,
    "None": EngineState.GONE,
}
"""Each state of the REST interface."""

IN_BATCH = frozenset({"QUEUING", "HELD"})
"""What only the slower of two answers tells of a job that the batch system has: that it does not run yet."""

UNSENT = ("ACCEPTING", "ACCEPTED", "PREPARING", "PREPARED")
"""The states in which a job can wait for files that we have not sent."""

_WORDS: tuple[tuple[str, FailureClass], ...] = (
    (r"cancell?ed by external request|Job was cancelled", FailureClass.CANCELLED),
    (r"out of memory|memory limit|\boom\b|\(137\)", FailureClass.MEMORY),
    (r"time ?out|time limit|walltime|cputime", FailureClass.WALLTIME),
    (r"node fail", FailureClass.INFRASTRUCTURE),
    (r"proxy.*expire|credentials?.*expire|expired.*(proxy|credential)", FailureClass.AUTHENTICATION),
    (r"upload|download|data staging|input file|output file|stage|session dir", FailureClass.STAGING),
    (r"submission|submit", FailureClass.SUBMISSION),
)


def engine_state(state: str) -> EngineState:
    """Return our word for a state; one that we do not know is taken as running: nothing is concluded from it."""
    return STATES.get(state, EngineState.RUNNING)


def failure_of_words(words: str) -> FailureClass | None:
    """Return the class of failure that A-REX's words mean, None if they do not say."""
    for pattern, failure in _WORDS:
        if re.search(pattern, words, re.IGNORECASE):
            return failure
    return None


def why_ended(failed: str, errors: str, diag: Mapping[str, str]) -> str:
    """Return in one line why a job ended: A-REX's own words, the exit code, the last telling line of its log."""
    parts = [" ".join(failed.split())]
    code = diag.get("exitcode", "")
    if code not in ("", "0"):
        parts.append(f"the worker's exit code was {code}")
    if not parts[0] or "submission" in failed.lower():
        parts.append(_telling_line(errors))
    return "; ".join(part for part in parts if part)[:500]


def _telling_line(errors: str) -> str:
    lines = [line.strip() for line in errors.splitlines()]
    telling = [line for line in lines if re.search(r"error|fail|cannot|not found|denied", line, re.IGNORECASE)]
    # What changed its state says no more than the state; and the job's script is in there, with all that it might say.
    empty = re.compile(r"^echo\b|Job state change")
    return next((line[:300] for line in reversed(telling) if not empty.search(line)), "")
