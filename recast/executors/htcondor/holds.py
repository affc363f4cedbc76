"""Why HTCondor holds or removes a job: as text, as a failure class, and what to do about it; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from recast.jobs import FailureClass

__all__ = ["Advice", "Verdict", "judge_hold", "judge_removal"]


class Advice(StrEnum):
    """What to do about a held job."""

    WAIT = "wait"
    """Not a fault: the job continues by itself."""
    RELEASE = "release"
    """Releasing the same attempt may help."""
    FAIL = "fail"
    """This attempt will not succeed."""
    ASK = "ask"
    """A person held the job, and has to release or remove it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a hold means. `failure` is None unless the attempt has to end."""

    advice: Advice
    words: str
    failure: FailureClass | None = None


_PERSON = (1, 15)
_SPOOLING = 16
_OUTPUT, _INPUT = 12, 13
_POLICY = (3, 5, 26, 27)
_NO_SUCH_FILE, _NO_SPACE, _OVER_QUOTA = 2, 28, 122
_MOST_RELEASES = 2

_FAULTS: dict[int, tuple[FailureClass, str]] = {
    4: (FailureClass.AUTHENTICATION, "its credentials are not valid"),
    6: (FailureClass.INFRASTRUCTURE, "the node could not start the worker: is there a Python?"),
    7: (FailureClass.STAGING, "a file for its output could not be opened"),
    8: (FailureClass.STAGING, "a file for its input could not be opened"),
    9: (FailureClass.STAGING, "the stream of its output could not be opened"),
    10: (FailureClass.STAGING, "the stream of its input could not be opened"),
    14: (FailureClass.STAGING, "its folder on the submitting machine cannot be used"),
    19: (FailureClass.INFRASTRUCTURE, "a hook of the node failed before it began"),
    20: (FailureClass.INFRASTRUCTURE, "it missed its time to start"),
    21: (FailureClass.INFRASTRUCTURE, "the node refused to continue it"),
    22: (FailureClass.STAGING, "its event log cannot be written"),
    23: (FailureClass.INFRASTRUCTURE, "the account that it runs under cannot be used"),
    32: (FailureClass.SPEC, "its input is larger than the pool allows"),
    33: (FailureClass.SPEC, "its output is larger than the pool allows"),
    34: (FailureClass.MEMORY, "it used more than it had asked for"),
    35: (FailureClass.INFRASTRUCTURE, "the pool could not get its container image"),
    36: (FailureClass.INFRASTRUCTURE, "its checkpoint failed"),
    43: (FailureClass.INFRASTRUCTURE, "the pool's script before it failed"),
    44: (FailureClass.INFRASTRUCTURE, "the pool's script after it failed"),
    45: (FailureClass.INFRASTRUCTURE, "the container runtime of the node does not work"),
    46: (FailureClass.WALLTIME, "it ran longer than it had asked for"),
    47: (FailureClass.WALLTIME, "it ran longer than it had asked for"),
    48: (FailureClass.INFRASTRUCTURE, "a hook of the submitting machine failed before it began"),
}
_PASSING = {
    11: "files were truncated during transfer",
    18: "files were truncated during transfer",
    24: "its shadow did not fit",
}

_BY_WORDS = (
    (FailureClass.MEMORY, re.compile(r"memory|\bRSS\b|\bRAM\b", re.IGNORECASE)),
    (FailureClass.WALLTIME, re.compile(r"(wall|clock|run).?time|\btime\b|duration|Flavour|too long", re.IGNORECASE)),
    (FailureClass.DISK, re.compile(r"\bdisk|scratch", re.IGNORECASE)),
)


def judge_hold(code: int, subcode: int, reason: str, holds: int = 1) -> Verdict:
    """Return what a hold means. `holds` is how often the job has been held; the subcode of a transfer is an errno."""
    if code == _SPOOLING:
        return Verdict(Advice.WAIT, "its files are on their way to the schedd")
    if code in _PERSON:
        return Verdict(Advice.ASK, _said("somebody held it", reason))
    if code in _PASSING:
        return _retried(_said(_PASSING[code], reason), FailureClass.STAGING, holds)
    if code in (_OUTPUT, _INPUT):
        return _of_transfer(code, subcode, reason, holds)
    if code in _POLICY:
        return Verdict(Advice.FAIL, _said("a policy of the pool held it", reason), _by_words(reason))
    failure, words = _FAULTS.get(code, (FailureClass.INFRASTRUCTURE, f"HTCondor held it (code {code})"))
    if code == 34 and "disk" in reason.lower() and "memory" not in reason.lower():
        failure = FailureClass.DISK
    return Verdict(Advice.FAIL, _said(words, reason), failure)


def judge_removal(reason: str) -> tuple[FailureClass, str]:
    """Return what the removal of a job means, as failure class and text.

    A job that somebody else removed does not cancel the run: it is lost, and retried.
    """
    if "PERIODIC_REMOVE" in reason or "PeriodicRemove" in reason or "expression" in reason:
        return _by_words(reason), _said("a policy of the pool removed it", reason)
    return FailureClass.LOST, _said("somebody removed it", reason)


def _of_transfer(code: int, subcode: int, reason: str, holds: int) -> Verdict:
    """Judge a failed transfer: missing files and full disks are permanent, the rest may have been the network."""
    if subcode in (_NO_SPACE, _OVER_QUOTA):
        return Verdict(Advice.FAIL, _said("a disk was full when its files were moved", reason), FailureClass.DISK)
    if code == _OUTPUT and subcode == _NO_SUCH_FILE:
        words = "its worker left nothing to send back: it was killed, or the node cannot run it"
        return Verdict(Advice.FAIL, _said(words, reason), FailureClass.INFRASTRUCTURE)
    which = "output could not be sent back" if code == _OUTPUT else "input could not be sent to the node"
    if subcode == _NO_SUCH_FILE:
        return Verdict(Advice.FAIL, _said(f"its {which}", reason), FailureClass.STAGING)
    return _retried(_said(f"its {which}", reason), FailureClass.STAGING, holds)


def _retried(words: str, failure: FailureClass, holds: int) -> Verdict:
    if holds <= _MOST_RELEASES:
        return Verdict(Advice.RELEASE, words)
    return Verdict(Advice.FAIL, f"{words}; it was released {_MOST_RELEASES} times before", failure)


def _by_words(reason: str) -> FailureClass:
    """Return the failure class of a site's policy, guessed from its text."""
    for failure, pattern in _BY_WORDS:
        if pattern.search(reason):
            return failure
    return FailureClass.INFRASTRUCTURE


def _said(words: str, reason: str) -> str:
    reason = " ".join(reason.split())[:500]
    return f"{words} (HTCondor: {reason})" if reason else words
