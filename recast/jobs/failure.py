"""Failure classes and the one table that says what each leads to."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ACTIONS", "Action", "FailureClass"]


class FailureClass(StrEnum):
    """Why an attempt did not succeed."""

    USER = "user"
    MEMORY = "memory"
    WALLTIME = "walltime"
    DISK = "disk"
    INFRASTRUCTURE = "infrastructure"
    SUBMISSION = "submission"
    STAGING = "staging"
    LOST = "lost"
    AUTHENTICATION = "authentication"
    SPEC = "spec"
    CANCELLED = "cancelled"


class Action(StrEnum):
    """What the engine does about a failed attempt."""

    STOP = "stop"
    RETRY = "retry"
    GROW = "grow"
    PAUSE = "pause"


ACTIONS: dict[FailureClass, Action] = {
    FailureClass.USER: Action.STOP,
    FailureClass.MEMORY: Action.GROW,
    FailureClass.WALLTIME: Action.GROW,
    # A full disk on one node says nothing of the next; a full disk everywhere ends with the retries.
    FailureClass.DISK: Action.RETRY,
    FailureClass.INFRASTRUCTURE: Action.RETRY,
    FailureClass.SUBMISSION: Action.RETRY,
    FailureClass.STAGING: Action.RETRY,
    FailureClass.LOST: Action.RETRY,
    FailureClass.AUTHENTICATION: Action.PAUSE,
    FailureClass.SPEC: Action.STOP,
    FailureClass.CANCELLED: Action.STOP,
}
"""A run that stops for DISK to LOST ends with exit code 4 (infrastructure), for the others with 1."""
