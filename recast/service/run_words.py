"""What a run is to its readers: its summary, and what can be said of its driver, its folder and the clocks."""

from __future__ import annotations

from pathlib import Path

from recast.json_types import JsonDict, JsonObject
from recast.ledger.pictures import Snapshot
from recast.ledger.runs import NotedRun
from recast.moments import moment
from recast.service.live.seen_runs import Pulse

__all__ = ["SILENT_S", "state_of", "summary_document"]

SILENT_S = 45.0
"""Drivers write every ten seconds at least."""

_CLOCKS_S = 5.0
_FINAL = ("succeeded", "failed", "cancelled")
_OF_THE_RUN = ("analysis", "version", "digest", "created", "executor", "since", "paused")
_COUNTS = ("steps_in_all", "counts", "stages_in_all", "awaited", "structure")
_INSIDE = ("reason", "usage", "delays")
_OF_A_STAGE = ("stage", "after", "open", "waits_for", "steps", "awaited", "since")
_COLUMNS = ("waiting", "idle", "running", "done", "cached", "failed", "held", "lost", "cancelled", "skipped")


def summary_document(
    noted: NotedRun, picture: Snapshot | None, pulse: Pulse, now_s: float, *, inside: bool
) -> JsonDict:
    """Return the summary of a run; with `inside` also reasons, what delays it, and what it uses."""
    told = picture.summary if picture else {}
    state = state_of(noted, picture)
    stages = [it for it in told.get("stages", ()) if isinstance(it, dict)]
    return {
        "run": noted.id,
        "request": noted.request,
        "state": state,
        "number": picture.number if picture else 0,
        **{key: told.get(key) for key in _OF_THE_RUN},
        "ended": noted.state == "ended",
        "tried_again": moment(noted.not_before) if noted.waits and noted.not_before else None,
        "cancel_wished": bool(noted.cancel_wished_by),
        "folder": _folder(noted),
        "driver": _driver(noted, picture, pulse, now_s, state),
        **{key: told.get(key) for key in _COUNTS},
        "stages": [_stage(it, inside=inside) for it in stages],
        **({**{key: told.get(key) for key in _INSIDE}, "interrupted_by": noted.why or None} if inside else {}),
    }


def state_of(noted: NotedRun, picture: Snapshot | None) -> str:
    """Return the state of a run; one that has ended without its driver's last word was interrupted."""
    state = str(picture.summary.get("state") or "") if picture else ""
    if noted.waits and picture:
        return "interrupted"  # whatever its driver said last: it is tried again
    if noted.state == "ended":
        return state if state in _FINAL else "interrupted" if state else "ended"
    return state or ("waiting" if noted.state == "noted" else noted.state)


def _stage(stage: JsonObject, *, inside: bool) -> JsonDict:
    counts = {name: stage.get(name, 0) for name in _COLUMNS}
    why = {"why_held": stage.get("why_held")} if inside else {}
    return {**{key: stage.get(key) for key in _OF_A_STAGE}, **counts, **why}


def _driver(noted: NotedRun, picture: Snapshot | None, pulse: Pulse, now_s: float, state: str) -> JsonDict:
    """Return what is known of the driver: since when it drives and when it wrote last by its own clock, what ours says
    now, whether it is silent, and by how many seconds its clock is ahead, if it is not ours.
    """
    wrote = picture.at if picture else None
    goes_on = noted.state != "ended" and state not in (*_FINAL, "interrupted")
    ahead = pulse.ahead_s
    if ahead is None and wrote is not None and wrote > now_s:  # what was written is not from the future
        ahead = wrote - now_s
    late = wrote is not None and now_s + (ahead or 0.0) - wrote > SILENT_S
    return {
        "since": picture.summary.get("driven_since") if picture else None,
        "wrote": None if wrote is None else moment(wrote),
        "now": moment(now_s),
        "silent": goes_on and late and not pulse.comes,
        "ahead_s": round(ahead) if ahead is not None and abs(ahead) > _CLOCKS_S else None,
    }


def _folder(noted: NotedRun) -> str:
    """Return whether the folder of a run can be seen from here: `there`, `gone`, or `none` as long as it has none."""
    if not noted.folder:
        return "none"
    try:
        return "there" if Path(noted.folder).is_dir() else "gone"
    except OSError:
        return "gone"
