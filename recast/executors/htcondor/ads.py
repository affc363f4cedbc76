"""Interpret HTCondor's job ads, and build the constraints that select jobs; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from recast.counted import counted
from recast.executors.batch.system import EngineState, Sighting
from recast.executors.htcondor.holds import Advice, Verdict, judge_hold, judge_removal
from recast.jobs import FailureClass
from recast.json_types import JsonObject

__all__ = [
    "BOOK",
    "PROJECTION",
    "constraint_of",
    "entry_of",
    "host_of",
    "job_key",
    "quoted",
    "sighting_of",
    "verdict_of",
]

PROJECTION = [
    *("ClusterId", "ProcId", "JobStatus", "EnteredCurrentStatus", "RemoteHost", "LastRemoteHost"),
    *("HoldReason", "HoldReasonCode", "HoldReasonSubCode", "NumHolds", "RemoveReason"),
    *("ExitBySignal", "ExitSignal", "ExitCode", "NumJobStarts"),
]
"""The attributes that a survey requests."""

BOOK = [*PROJECTION, "LastHoldReason", "LastHoldReasonCode", "LastHoldReasonSubCode", "LastVacateReason"]
"""The attributes that an autopsy requests from the history."""

_IDLE, _RUNNING, _REMOVED, _COMPLETED, _HELD, _TRANSFERRING, _SUSPENDED = range(1, 8)


def quoted(text: str) -> str:
    """Return a text as a string of the ClassAd language."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def job_key(native_id: str) -> tuple[int, int | None]:
    """Return cluster and process of `12.3`, or cluster and None of `12`; raise ValueError for anything else."""
    cluster, dot, process = native_id.partition(".")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,12})?", native_id):
        raise ValueError(f"{native_id!r} is not a job of HTCondor")
    return int(cluster), int(process) if dot else None


def constraint_of(native_ids: Iterable[str]) -> str:
    """Return the constraint that selects these jobs and clusters, with one term per range of adjacent jobs."""
    clusters: dict[int, set[int] | None] = {}
    for cluster, process in map(job_key, native_ids):
        if process is None:
            clusters[cluster] = None
        elif (found := clusters.setdefault(cluster, set())) is not None:
            found.add(process)
    terms = []
    for cluster, processes in sorted(clusters.items()):
        if processes is None:
            terms.append(f"(ClusterId == {cluster})")
            continue
        terms += [f"(ClusterId == {cluster} && ProcId >= {a} && ProcId <= {b})" for a, b in _runs(sorted(processes))]
    return " || ".join(terms) or "false"


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def host_of(ad: JsonObject) -> str:
    """Return the machine where a job runs or ran (from `slot1_2@node@machine.example`); empty if it never did."""
    slot = ad.get("RemoteHost") or ad.get("LastRemoteHost") or ""
    return str(slot).rpartition("@")[2]


def verdict_of(ad: JsonObject) -> Verdict:
    """Return what the hold of a held job means."""
    code, subcode = _number(ad.get("HoldReasonCode")), _number(ad.get("HoldReasonSubCode"))
    return judge_hold(code, subcode, _text(ad.get("HoldReason")), _number(ad.get("NumHolds"), 1))


def sighting_of(ad: JsonObject, array: str) -> Sighting:
    """Return what an ad from the queue says about its job."""
    status, native_id = _number(ad.get("JobStatus")), f"{ad['ClusterId']}.{ad['ProcId']}"
    failure: FailureClass | None = None
    if status in (_RUNNING, _TRANSFERRING, _SUSPENDED):
        state, reason = EngineState.RUNNING, "suspended by the node" if status == _SUSPENDED else ""
    elif status == _HELD:
        state, reason, failure = _of_hold(verdict_of(ad))
    elif status == _COMPLETED:
        state, reason = EngineState.ENDED, _exit(ad)
    elif status == _REMOVED:
        state = EngineState.ENDED
        failure, reason = judge_removal(_text(ad.get("RemoveReason")))
    else:
        started = _number(ad.get("NumJobStarts"))
        state, reason = (
            EngineState.WAITING,
            f"it has started {counted(started, 'time')} and will start again" if started else "",
        )
    return Sighting(array, int(ad["ProcId"]), state, native_id, reason, failure, host_of(ad))


def _of_hold(verdict: Verdict) -> tuple[EngineState, str, FailureClass | None]:
    if verdict.advice in (Advice.WAIT, Advice.RELEASE):
        return EngineState.WAITING, verdict.words, None
    return EngineState.HELD, verdict.words, verdict.failure


def entry_of(ad: JsonObject, array: str = "") -> Sighting:
    """Return what the history says about a job that has left the queue, or is kept in it until it is forgotten."""
    seen = sighting_of(ad, array)
    code = _number(ad.get("LastHoldReasonCode"))
    if _number(ad.get("JobStatus")) != _REMOVED or code in (0, 16):
        return seen
    # We remove jobs that are held permanently: the reason of the hold is what matters.
    verdict = judge_hold(code, _number(ad.get("LastHoldReasonSubCode")), _text(ad.get("LastHoldReason")), 99)
    if verdict.failure is None:
        return seen
    return Sighting(array, seen.index, seen.state, seen.native_id, verdict.words, verdict.failure, seen.host)


def _exit(ad: JsonObject) -> str:
    if ad.get("ExitBySignal"):
        return f"its worker was killed by signal {_number(ad.get('ExitSignal'))}"
    code = _number(ad.get("ExitCode"))
    return f"its worker ended with exit code {code}" if code else ""


def _number(value: object, default: int = 0) -> int:
    return int(value) if isinstance(value, (int, float)) and math.isfinite(value) else default


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
