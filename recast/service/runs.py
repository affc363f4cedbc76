"""Runs as the API shows them: from the pictures that drivers leave in the ledger, and from logs in the run's folder.

Who may read a request sees how its runs go. What could tell a result before its release (values, texts, logs) is for
those who may read the logs, and where things lie on our machines is for nobody.
"""

from __future__ import annotations

from recast.errors import NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger.runs import NotedRun, Snapshot
from recast.terminal_safe import one_line

__all__ = ["found_step", "run_document", "step_document"]

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
    return _step(found_step(noted, picture, step), inside)


def found_step(noted: NotedRun, picture: Snapshot | None, step: str) -> JsonObject:
    """Return a step as the picture of its run has it, with or without the slash in front of its id; raise NotFound."""
    wanted = f"/{step.lstrip('/')}"
    for it in picture.document.get("steps", ()) if picture else ():
        if it["id"] == wanted:
            found: JsonObject = it
            return found
    raise NotFound("This run has no such step", where=one_line(f"{noted.id} {wanted}", 200), next_step="GET /runs/RUN")


def _step(step: JsonObject, inside: bool) -> JsonDict:
    return {key: step.get(key) for key in (*_OF_A_STEP, *(_INSIDE if inside else ()))}
