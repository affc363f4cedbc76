"""HTCondor's bindings in a separate process: calls arrive as lines of JSON, answers are sent the same way.

A call of the bindings may hang as long as a schedd does, their configuration is global to the process, and a failed
assertion in their libraries ends the process. None of this must happen to the driver. Run as a script, this module
imports nothing else from recast.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from recast.counted import counted

__all__ = ["CALLS", "main"]

_SPOOLING = 16
_SETTLE_S = 60.0
_LOOK_S = 0.1


class _Pool:
    """The schedd, located again after a failed call: it may have moved when it was restarted."""

    def __init__(self) -> None:
        import htcondor2

        self.api = htcondor2
        self._location: Any = None

    def locate(self, name: str) -> Any:
        if self._location is None:
            kind = self.api.DaemonType.Schedd
            self._location = self._named(kind, name) if name else self._only(kind)
        return self._location

    def lose(self) -> None:
        self._location = None

    def schedd(self, name: str) -> Any:
        return self.api.Schedd(self.locate(name))

    def _named(self, kind: Any, name: str) -> Any:
        return self.api.Collector().locate(kind, name)

    def _only(self, kind: Any) -> Any:
        if str(self.api.param.get("SCHEDD_HOST") or ""):
            return self._named(kind, str(self.api.param["SCHEDD_HOST"]))
        found = list(self.api.Collector().locateAll(kind))
        here = str(self.api.param.get("FULL_HOSTNAME") or "")
        chosen = [ad for ad in found if str(ad.get("Machine")) == here] or found
        if len(chosen) != 1:
            names = ", ".join(sorted(str(ad.get("Name")) for ad in found)[:20])
            raise LookupError(f"the pool has {counted(len(found), 'schedd')}{': ' if names else ''}{names}")
        return chosen[0]


def _locate(pool: _Pool, schedd: str) -> dict[str, Any]:
    """Return the collector's data on the schedd, and the user as which it authenticates us."""
    ad = pool.locate(schedd)
    seen = pool.api.ping(ad, "WRITE")
    about = {name: _plain(ad.get(name)) for name in ("Name", "Machine", "CondorVersion", "MyAddress")}
    return {**about, "User": _plain(seen.get("MyRemoteUserName"))}


def _submit(pool: _Pool, schedd: str, text: dict[str, str], items: list[dict[str, str]], spool: bool) -> int:
    """Submit a cluster and send its files; if a file cannot be sent, the cluster is removed again."""
    queue = pool.schedd(schedd)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = queue.submit(pool.api.Submit(text), itemdata=iter(items), spool=spool)
    cluster = int(result.cluster())
    if spool:
        try:
            queue.spool(result)
            _wait_until_there(queue, cluster)
        except Exception as problem:
            queue.act(pool.api.JobAction.Remove, f"ClusterId == {cluster}", "its files could not be sent")
            raise _Undone(str(problem)) from problem
    queue.reschedule()
    return cluster


def _wait_until_there(queue: Any, cluster: int) -> None:
    """Wait until the schedd has recorded that the files have arrived: if it dies before, the jobs wait forever."""
    give_up_at = time.monotonic() + _SETTLE_S
    while queue.query(f"ClusterId == {cluster} && HoldReasonCode =?= {_SPOOLING}", ["ClusterId"], limit=1):
        if time.monotonic() > give_up_at:
            raise TimeoutError("the schedd has all files, but does not accept them")
        time.sleep(_LOOK_S)


def _query(pool: _Pool, schedd: str, constraint: str, projection: list[str]) -> list[dict[str, Any]]:
    return [_dict(ad) for ad in pool.schedd(schedd).query(constraint, projection)]


def _history(pool: _Pool, schedd: str, constraint: str, projection: list[str], since: int) -> list[dict[str, Any]]:
    """Return entries of the history that are not older than `since` (seconds since the epoch)."""
    stop = pool.api.classad.ExprTree(f"EnteredCurrentStatus < {since}")
    return [_dict(ad) for ad in pool.schedd(schedd).history(constraint, projection, since=stop)]


def _act(pool: _Pool, schedd: str, action: str, constraint: str, reason: str) -> int:
    """Remove or release jobs; return the number of affected jobs."""
    result = pool.schedd(schedd).act(pool.api.JobAction[action], constraint, reason)
    return int(result["TotalSuccess"]) if result is not None else 0


def _retrieve(pool: _Pool, schedd: str, constraint: str) -> None:
    pool.schedd(schedd).retrieve(constraint)


class _Undone(Exception):
    """A submission failed half-way, and was undone."""


CALLS: Mapping[str, Callable[..., Any]] = {
    "locate": _locate,
    "submit": _submit,
    "query": _query,
    "history": _history,
    "act": _act,
    "retrieve": _retrieve,
}


def _is_us(pool: _Pool, schedd: str) -> bool:
    """Return False if a call failed because the schedd rejects our credentials, which the bindings do not report: it
    answers anonymous queries, but not authenticated ones.
    """
    try:
        ad = pool.locate(schedd)
        pool.api.Schedd(ad).query("false", ["ClusterId"], limit=1)
    except Exception:
        return True
    try:
        pool.api.ping(ad, "WRITE")
    except Exception:
        return False
    return True


def _dict(ad: Any) -> dict[str, Any]:
    return {name: _plain(ad.get(name)) for name in ad}


def _plain(value: Any) -> Any:
    """Return a value for JSON; None for one that is undefined or an error."""
    if isinstance(value, (bool, int, float, str)) and type(value).__module__ == "builtins":
        return value
    return None if type(value).__name__ in ("Value", "NoneType") else str(value)


def main() -> int:
    """Answer calls until stdin ends."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output of the libraries must not be mistaken for an answer
    pool: _Pool | None = None
    for line in sys.stdin:
        call = json.loads(line)
        try:
            pool = pool or _Pool()
            answer = {"value": CALLS[call["call"]](pool, **call["arguments"])}
        except Exception as problem:
            is_us = pool is None or _is_us(pool, call["arguments"]["schedd"])
            kind = type(problem).__name__.lstrip("_") if is_us else "PermissionError"
            answer = {"error": str(problem) or repr(problem), "kind": kind}
            if pool is not None:
                pool.lose()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
