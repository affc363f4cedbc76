"""The exceptions of the worker: an attempt failed, with its failure class."""

from __future__ import annotations

import errno

__all__ = ["Failure", "OtherBytes", "Stopped", "failure_of"]


class Failure(Exception):
    """An attempt failed. `kind` is a failure class of `recast.jobs`, the message gives the reason in one line."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class OtherBytes(Failure):
    """A store has bytes under a digest that do not match it."""


class Stopped(Exception):
    """The worker itself is being stopped: no outcome is written, so that the job counts as lost, not as failed."""


def failure_of(problem: OSError, kind: str) -> Failure:
    """Return the failure for an operating system error: `disk` for a full disk, else `kind`."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure("disk", f"the disk is full: {problem.filename or problem.strerror}")
    return Failure(kind, f"{problem.strerror}: {problem.filename or '?'}")
