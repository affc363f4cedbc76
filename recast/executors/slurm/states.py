"""Interpret Slurm's states and reasons. Pure.

Slurm reports how the *batch script* ended, which is our worker. The worker leaves an outcome whatever the payload does,
so if a batch script failed without one, something other than the payload failed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from recast.executors.batch.system import EngineState
from recast.jobs import FailureClass

__all__ = ["Verdict", "is_ordinary", "verdict", "verdict_of_log"]

_WAITING = frozenset({"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED"})
_RUNNING = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT"})
_HELD = frozenset({"REQUEUE_HOLD", "SPECIAL_EXIT", "RESV_DEL_HOLD"})
_ENDS: dict[str, FailureClass | None] = {
    "COMPLETED": None,
    "FAILED": FailureClass.INFRASTRUCTURE,
    "TIMEOUT": FailureClass.WALLTIME,
    "OUT_OF_MEMORY": FailureClass.MEMORY,
    # Not by us: the run was not cancelled. Slurm also cancels jobs that it can no longer place.
    "CANCELLED": FailureClass.LOST,
    "NODE_FAIL": FailureClass.INFRASTRUCTURE,
    "BOOT_FAIL": FailureClass.INFRASTRUCTURE,
    "PREEMPTED": FailureClass.INFRASTRUCTURE,
    "DEADLINE": FailureClass.WALLTIME,
    "REVOKED": FailureClass.LOST,
}
_ORDINARY = frozenset({"", "None", "Resources", "Priority", "JobArrayTaskLimit", "BeginTime", "Cleaning", "Prolog"})
"""Reasons of jobs that are waiting normally."""
_NOT_WITHOUT_A_CHANGE = (
    "JobHeld", "BadConstraints", "PartitionTimeLimit", "PartitionNodeLimit", "PartitionConfig", "PartitionInactive",
    "InvalidAccount", "InvalidQOS", "AccountNotAllowed", "QOSNotAllowed", "DependencyNeverSatisfied",
    "ReservationDeleted",
)  # fmt: skip
_PER_JOB = re.compile(r"(?:QOS|Assoc|Max).*Per(?:Job|Node)|AssocMaxWall.*|QOSMaxWall.*|MaxMemPerLimit")
"""Limits on a single job, which waiting cannot resolve; limits on a user's jobs in total resolve with time."""
_LAUNCH = re.compile(r"(?i)launch.*fail|fail.*launch")
_WORDS = re.compile(r"[^\x20-\x7e]+")

_LOG = (
    (re.compile(r"(?i)exceeded (job )?memory limit|oom[- _]kill|oom event"), FailureClass.MEMORY, "killed for memory"),
    (re.compile(r"DUE TO TIME LIMIT"), FailureClass.WALLTIME, "killed at its time limit"),
    (re.compile(r"DUE TO NODE FAILURE"), FailureClass.INFRASTRUCTURE, "its node failed"),
    (re.compile(r"DUE TO PREEMPTION"), FailureClass.INFRASTRUCTURE, "preempted"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A Slurm state in our terms."""

    state: EngineState
    failure: FailureClass | None = None
    reason: str = ""


def is_ordinary(reason: str) -> bool:
    """Return whether a job with this reason is waiting normally."""
    return reason in _ORDINARY


def verdict(state: str, reason: str = "", exit_code: str = "") -> Verdict:
    """Return what a state (`CANCELLED by 0` included) with its reason and exit code (`2:0`, code and signal) means.

    Raises ValueError for an unknown state.
    """
    word = state.split()[0].rstrip("+") if state.strip() else ""
    reason = _WORDS.sub(" ", reason)[:300]
    if word in _WAITING:
        return _waiting(reason)
    if word in _RUNNING:
        return Verdict(EngineState.RUNNING, reason="suspended" if word in ("SUSPENDED", "STOPPED") else "")
    if word in _HELD:
        return Verdict(EngineState.HELD, FailureClass.INFRASTRUCTURE, f"Slurm holds it: {reason or word}")
    if word not in _ENDS:
        raise ValueError(f"no state of Slurm: {state[:100]!r}")
    failure = _ENDS[word]
    if reason in ("BadConstraints", "InvalidAccount", "InvalidQOS") and word == "FAILED":
        failure = FailureClass.SPEC
    return Verdict(EngineState.ENDED, failure, _told(state, reason, exit_code))


def verdict_of_log(text: str) -> Verdict | None:
    """Return what the node's daemon wrote into the job's log about its end; None if nothing is recognised.

    Where limits are not enforced by control groups, Slurm's accounting only says FAILED for a job that was killed for
    memory.
    """
    said = "\n".join(line for line in text.splitlines() if line.startswith(("slurmstepd", "slurmd")))
    for pattern, failure, reason in _LOG:
        if pattern.search(said):
            return Verdict(EngineState.ENDED, failure, f"Slurm: {reason}")
    return None


def _waiting(reason: str) -> Verdict:
    if is_ordinary(reason):
        return Verdict(EngineState.WAITING)
    if _LAUNCH.search(reason):
        return Verdict(EngineState.HELD, FailureClass.INFRASTRUCTURE, f"Slurm could not start it: {reason}")
    if reason.startswith(_NOT_WITHOUT_A_CHANGE) or _PER_JOB.search(reason):
        return Verdict(EngineState.HELD, None, f"Slurm will not start it: {reason}")
    # The list of nodes after the comma changes constantly.
    return Verdict(EngineState.WAITING, None, reason.partition(",")[0])


def _told(state: str, reason: str, exit_code: str) -> str:
    parts = [f"Slurm says {_WORDS.sub(' ', state)[:60].strip()}"]
    if reason not in ("", "None", "NonZeroExitCode"):
        parts.append(reason)
    code, _, signal = exit_code.partition(":")
    if signal.isdigit() and signal != "0":
        parts.append(f"signal {signal}")
    elif code.isdigit() and code != "0":
        parts.append(f"exit code {code}")
    return ", ".join(parts)
