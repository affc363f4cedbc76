"""Runs as the API shows them: from the pictures that drivers leave in the ledger, and from logs in the run's folder.

Who may read a request sees how its runs go. What could tell a result before its release (values, texts, logs) is for
those who may read the logs, and where things lie on our machines is for nobody.
"""

from __future__ import annotations

import re
from pathlib import Path

from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger.runs import NotedRun, Snapshot
from recast.masked import masked
from recast.service.log_lines import lines_from
from recast.terminal_safe import one_line, visible

__all__ = ["log_window", "run_document", "step_document"]

_OF_THE_RUN = ("analysis", "version", "digest", "created")
_OF_A_STEP = (
    "id",
    "name",
    "stage",
    "scope",
    "index",
    "depends_on",
    "state",
    "cached",
    "attempts",
    "executor",
    "exit_code",
)
_INSIDE = ("parameters", "published", "image", "reason", "failure", "started", "ended", "peak_memory_bytes", "cpu_s")
_JOB_ID = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")
_FINAL = ("succeeded", "failed", "lost", "cancelled", "skipped")


def run_document(noted: NotedRun, picture: Snapshot | None, *, inside: bool) -> JsonDict:
    """Return a run; with `inside` also what its steps were given, said and made."""
    told = picture.document if picture else {}
    steps = told.get("steps", [])
    return {
        "run": noted.id,
        "request": noted.request,
        "state": told.get("state") or ("waiting" if noted.state == "noted" else noted.state),
        "number": picture.number if picture else 0,
        **{key: told.get(key) for key in _OF_THE_RUN},
        **({"reason": told.get("reason"), "usage": told.get("usage", [])} if inside else {}),
        "steps": [_step(step, inside) for step in steps],
    }


def step_document(noted: NotedRun, picture: Snapshot | None, step: str, *, inside: bool) -> JsonDict:
    """Return one step of a run, with or without the slash in front of its id; raise NotFound."""
    return _step(_find(noted, picture, step), inside)


def log_window(
    noted: NotedRun, picture: Snapshot | None, step: str, attempt: int | None, offset: int, limit: int
) -> JsonDict:
    """Return whole lines of the log of a step's attempt (None: the newest) from a byte on; raise NotFound."""
    found = _find(noted, picture, step)
    number, job = _attempt(found, attempt)
    ended = found.get("state") in _FINAL or number < int(found.get("attempts") or 0)
    window = lines_from(Path(noted.folder) / "jobs" / job / "log", offset, limit, ended=ended)
    return {
        "run": noted.id,
        "step": found["id"],
        "attempt": number,
        "offset": window.start,
        "next": window.next,
        "size": window.size,
        "ended": ended,
        "text": visible(masked(window.text), None, keep="\n\t"),
    }


def _step(step: JsonObject, inside: bool) -> JsonDict:
    return {key: step.get(key) for key in (*_OF_A_STEP, *(_INSIDE if inside else ()))}


def _find(noted: NotedRun, picture: Snapshot | None, step: str) -> JsonObject:
    wanted = f"/{step.lstrip('/')}"
    for it in picture.document.get("steps", ()) if picture else ():
        if it["id"] == wanted:
            found: JsonObject = it
            return found
    raise NotFound("This run has no such step", where=one_line(f"{noted.id} {wanted}", 200), next_step="GET /runs/RUN")


def _attempt(step: JsonObject, wanted: int | None) -> tuple[int, str]:
    """Return the number of an attempt and the id of its job, which names a folder."""
    newest = int(step.get("attempts") or 0)
    jobs = {int(it["attempt"]): str(it["job_id"]) for it in step.get("attempts_list", ())}
    if step.get("job_id"):
        jobs.setdefault(newest, str(step["job_id"]))
    number = newest if wanted is None else wanted
    job = jobs.get(number, "")
    if not _JOB_ID.fullmatch(job):
        raise NotFound(
            "This step has no such attempt", where=f"{step['id']}, attempt {number}", why=f"It has {newest}."
        )
    return number, job
