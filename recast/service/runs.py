"""Runs as the API shows them: from the pictures that drivers leave in the ledger, and from logs in the run's folder.

Who may read a request sees how its runs go. What could tell a result before its release (values, texts, logs) is for
those who may read the logs, and where things lie on our machines is for nobody.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger.runs import NotedRun, Snapshot
from recast.masked import masked
from recast.plainfile import open_plain
from recast.terminal_safe import visible

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
_LONGEST_LINE = 64 << 10


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
    path = Path(noted.folder) / "jobs" / job / "log"
    text, after, size = _lines(path, offset, limit)
    ended = found.get("state") in ("succeeded", "failed", "lost", "cancelled", "skipped")
    return {
        "run": noted.id,
        "step": found["id"],
        "attempt": number,
        "offset": min(offset, size),
        "next": after,
        "size": size,
        "ended": ended or number < int(found.get("attempts") or 0),
        "text": visible(masked(text), None, keep="\n\t"),
    }


def _step(step: JsonObject, inside: bool) -> JsonDict:
    return {key: step.get(key) for key in (*_OF_A_STEP, *(_INSIDE if inside else ()))}


def _find(noted: NotedRun, picture: Snapshot | None, step: str) -> JsonObject:
    wanted = f"/{step.lstrip('/')}"
    for it in picture.document.get("steps", ()) if picture else ():
        if it["id"] == wanted:
            found: JsonObject = it
            return found
    raise NotFound("This run has no such step", where=visible(f"{noted.id} {wanted}", 200), next_step="look at the run")


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


def _lines(path: Path, offset: int, limit: int) -> tuple[str, int, int]:
    """Return whole lines from a byte on, the offset after them, and the size of the log; nothing if there is none yet.

    A line longer than the window is given in pieces, so that a reader always gets on.
    """
    try:
        with open_plain(path, links=False) as log:
            size = os.fstat(log.fileno()).st_size
            log.seek(min(offset, size))
            piece = log.read(limit)
    except FileNotFoundError:
        return "", 0, 0
    cut = piece.rfind(b"\n") + 1
    if not cut and (len(piece) == limit or len(piece) > _LONGEST_LINE):
        cut = _between_letters(piece)
    elif not cut or offset + len(piece) >= size:
        cut = len(piece)
    start = min(offset, size)
    return piece[:cut].decode(errors="replace"), start + cut, size


def _between_letters(piece: bytes) -> int:
    """Return where to cut a piece so that no letter of UTF-8 is split; at its end if it is no UTF-8."""
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte >= 0xC0:
            return len(piece) - back if back < _length(byte) and back < len(piece) else len(piece)
        if byte < 0x80:
            break
    return len(piece)


def _length(first: int) -> int:
    return 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2
