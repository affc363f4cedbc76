"""What the end of a payload amounts to: success, or a failure of which class and why."""

from __future__ import annotations

import os
import signal

from recast.worker.failure import Failure
from recast.worker.json_types import JsonObject
from recast.worker.limits.cgroup import PIDS_MAX
from recast.worker.log import Log
from recast.worker.processes.process import End

__all__ = ["judge", "not_started", "unforeseen"]


def judge(end: End, resources: JsonObject, log: Log, *, is_limit_above: bool, is_supposed: bool = False) -> None:
    """Raise the Failure that the end of a payload amounts to, if it is one.

    `is_limit_above`: it was killed for memory, and not by its own limit. `is_supposed`: it was killed, and the kernel
    killed for memory on this machine meanwhile, but nobody knows whether it was this one.
    """
    if end.stopped_by == "cancelled":
        raise Failure("cancelled", "cancelled while it ran")
    if end.stopped_by == "walltime":
        raise Failure("walltime", f"still running after {resources['walltime_s']} s (walltime_s)")
    if end.stopped_by == "memory" and is_limit_above:
        why = "by the kernel, for a limit above its own or for want of memory on this machine"
        raise Failure("memory", f"killed {why}, before it had {resources['memory_mb']} MB (memory_mb)")
    if end.stopped_by == "memory" and is_supposed:
        why = "it was killed while the kernel killed for memory on this machine"
        raise Failure("memory", f"probably used more than {resources['memory_mb']} MB (memory_mb): {why}")
    if end.stopped_by == "memory":
        raise Failure("memory", f"used more than {resources['memory_mb']} MB (memory_mb)")
    if end.stopped_by == "processes":
        raise Failure("user", f"had more than {PIDS_MAX} processes at a time")
    code = end.code
    if code == 128 + signal.SIGXFSZ or (code and log.is_full(resources["disk_mb"])):
        raise Failure("user", f"wrote a file or a log of more than {resources['disk_mb']} MB (disk_mb)")
    if end.signal:
        # Not by us and not for memory: the payload's own doing, or somebody who wanted it dead.
        raise Failure("user", f"killed by {signal.Signals(end.signal).name}{_said(log)}")
    if code:
        raise Failure("refused" if code == os.EX_DATAERR else "user", f"exit code {_named(code)}{_said(log)}")


def not_started(said: str) -> Failure:
    """Return the failure of a container that never began; that the image lacks a folder is no trouble that passes."""
    lacks = "Can't chdir to" in said or ("workdir " in said and "does not exist on container" in said)
    return Failure("spec" if lacks else "infrastructure", f"the container did not start: {said}")


def unforeseen(problem: Exception) -> tuple[str, str]:
    """Return class and message of what nothing here expects: text that no kernel takes is the spec's, a fault ours."""
    if isinstance(problem, (ValueError, OverflowError)):
        return "spec", f"this job cannot be started as it is written: {problem}"
    return "infrastructure", f"the worker failed: {type(problem).__name__}: {problem}"


def _said(log: Log) -> str:
    line = log.last_line()
    return f": {line}" if line else ""


def _named(code: int) -> str:
    """Return an exit code, with the signal's name where a shell or container passed one on."""
    try:
        return f"{code} ({signal.Signals(code - 128).name})" if code > 128 else str(code)
    except ValueError:
        return str(code)
