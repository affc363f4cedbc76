"""Failure classes and the one table that says what each leads to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["RULES", "Action", "FailureClass", "Rule"]


class FailureClass(StrEnum):
    """Why an attempt did not succeed."""

    USER = "user"
    REFUSED = "refused"
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


@dataclass(frozen=True, slots=True)
class Rule:
    """What a failure of one class leads to.

    `tries` attempts of a step may fail in this way before it stops; each class is counted by itself. The next attempt
    comes after `wait_s`, and after twice as long each time. With `elsewhere` it avoids the node of this one.
    """

    action: Action
    tries: int = 1
    wait_s: float = 0.0
    elsewhere: bool = False


RULES: dict[FailureClass, Rule] = {
    FailureClass.USER: Rule(Action.STOP),
    # What was handed in cannot be used, says the step: no other node will think better of it.
    FailureClass.REFUSED: Rule(Action.STOP),
    FailureClass.MEMORY: Rule(Action.GROW, tries=6),
    FailureClass.WALLTIME: Rule(Action.GROW, tries=6),
    # A full disk on one node says nothing of the next; a full disk everywhere ends with the tries.
    FailureClass.DISK: Rule(Action.RETRY, tries=5, wait_s=60, elsewhere=True),
    FailureClass.INFRASTRUCTURE: Rule(Action.RETRY, tries=8, wait_s=30, elsewhere=True),
    FailureClass.SUBMISSION: Rule(Action.RETRY, tries=10, wait_s=15),
    FailureClass.STAGING: Rule(Action.RETRY, tries=6, wait_s=30, elsewhere=True),
    FailureClass.LOST: Rule(Action.RETRY, tries=8, wait_s=15, elsewhere=True),
    # The run pauses, however long; the wait is only for credentials that look well and are refused all the same.
    FailureClass.AUTHENTICATION: Rule(Action.PAUSE, tries=20, wait_s=60),
    FailureClass.SPEC: Rule(Action.STOP),
    FailureClass.CANCELLED: Rule(Action.STOP),
}
"""A run that stops for DISK to LOST ends with exit code 4 (infrastructure), for REFUSED with 3, for others with 1."""
