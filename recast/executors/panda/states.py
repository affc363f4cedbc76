"""States of PanDA's tasks and jobs in ours, as PanDA's own workflow engine maps them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from recast.executors.batch.system import EngineState

__all__ = ["ENDED_TASKS", "job_state", "task_is_over", "waits_for_site"]

_JOBS: Mapping[str, EngineState] = {
    "pending": EngineState.WAITING,
    "defined": EngineState.WAITING,
    "assigned": EngineState.WAITING,
    "waiting": EngineState.WAITING,
    "throttled": EngineState.WAITING,
    "activated": EngineState.WAITING,
    "sent": EngineState.WAITING,
    "starting": EngineState.WAITING,
    "running": EngineState.RUNNING,
    # The pilot is done and PanDA is not: the outcome is at the store, or never will be.
    "holding": EngineState.RUNNING,
    "merging": EngineState.RUNNING,
    "transferring": EngineState.RUNNING,
    "finished": EngineState.ENDED,
    "failed": EngineState.ENDED,
    "cancelled": EngineState.ENDED,
    "closed": EngineState.ENDED,
}

ENDED_TASKS = frozenset({"done", "finished", "failed", "exhausted", "aborted", "broken"})
"""States of a task in which it starts nothing any more by itself. `finished`: some of its jobs failed.

`exhausted` waits for somebody to retry it, which RECAST never does. States on the way there (`aborting`, `tobroken`,
`finishing`, ...) may last; their jobs are looked at one by one until then.
"""

_LOOKS_FOR_SITE = frozenset({"registered", "defined", "assigning", "ready", "pending", "rerefine", "topreprocess"})


def job_state(status: str) -> EngineState:
    """Return our word for the state of a job; one that we do not know is taken as running: nothing follows from it."""
    return _JOBS.get(status, EngineState.RUNNING)


def task_is_over(status: str) -> bool:
    """Return whether a task has ended."""
    return status in ENDED_TASKS


def waits_for_site(status: str) -> bool:
    """Return whether a task has no jobs yet, because PanDA has found no site or has not looked for one."""
    return status in _LOOKS_FOR_SITE
