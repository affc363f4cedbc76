"""Runs as the API shows them: from the pictures that drivers leave in the ledger.

Who may read a request sees how its runs go. What could tell a result before its release (values, texts, logs) is for
those who may read the logs, and where things lie on our machines is for nobody.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from recast.errors import InputError, NotFound
from recast.json_types import JsonDict, JsonObject
from recast.ledger.steps import WantedSteps
from recast.service.live.seen_runs import RunNow
from recast.service.run_words import summary_document
from recast.terminal_safe import one_line

if TYPE_CHECKING:
    from recast.service.asked import Asked, SeenRun

__all__ = ["SORTS_OF_ALL", "found_step", "run_told", "snapshot_text", "step_document"]

SORTS_OF_ALL = ("", "id", "stage", "state", "attempts")
"""By what everybody may sort; nodes and times are for those who may read the logs."""

_MOST_CHANGED = 200
"""So many changed steps an event tells of; if there are more, it says how many."""

_OF_A_STEP = (
    "id",
    "name",
    "stage",
    "scope",
    "index",
    "path",
    "depends_on",
    "state",
    "counted",
    "cached",
    "attempts",
    "executor",
    "exit_code",
)
_INSIDE = (
    "parameters",
    "published",
    "image",
    "reason",
    "why",
    "failure",
    "host",
    "native_id",
    "since",
    "started",
    "ended",
    "peak_memory_bytes",
    "cpu_s",
    "left_out",
)
_OF_A_CHANGE = ("id", "counted", "attempts", "state")
_OF_A_CHANGE_INSIDE = ("host", "since", "why")


def run_told(asked: Asked, run: str, wanted: WantedSteps, cursor: str, limit: int) -> JsonDict:
    """Return a run with those of its steps that are wanted; `next` leads to more of them. Raises InputError for an
    order that is not for everybody, and for a cursor that is none.
    """
    seen = asked.run(run)
    ledger, start = asked.parts.ledger, _start_of(cursor)
    if wanted.sort.removeprefix("-") not in SORTS_OF_ALL and not seen.inside:
        why = "Nodes and times are for those who may read the logs of this run."
        raise InputError("Steps cannot be sorted by that", where="/sort", why=why, code="request.invalid")
    now = asked.parts.runs.read(run)
    found = ledger.snapshots.steps.find(run, replace(wanted, everywhere=seen.inside), start, limit)
    more = start + len(found.steps) < found.total
    return {
        **_summary(asked, now, inside=seen.inside),
        "steps": [step_document(it.document, inside=seen.inside) for it in found.steps],
        "steps_found": found.total,
        "next": str(start + len(found.steps)) if more and found.steps else None,
    }


def snapshot_text(asked: Asked, now: RunNow, after: int, *, inside: bool) -> str:
    """Return the summary of a run as JSON, with the steps that have changed after a picture; once for all who ask."""
    key = (inside, after)
    if key not in now.texts:
        changed = asked.parts.runs.changed(now, after, _MOST_CHANGED)
        names = (*_OF_A_CHANGE, *(_OF_A_CHANGE_INSIDE if inside else ()))
        steps = [{name: it.document.get(name) for name in names} for it in changed.steps]
        told = {**_summary(asked, now, inside=inside), "changed": changed.total, "changed_steps": steps}
        now.texts[key] = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return now.texts[key]


def found_step(asked: Asked, seen: SeenRun, step: str) -> JsonDict:
    """Return a step as its driver told it last, with or without the slash in front of its id; raise NotFound.

    It is for nobody as it is: `step_document` shows it.
    """
    wanted = f"/{step.lstrip('/')}"
    found = asked.parts.ledger.snapshots.steps.get(seen.noted.id, wanted)
    if found is None:
        where = one_line(f"{seen.noted.id} {wanted}", 200)
        raise NotFound("This run has no such step", where=where, next_step="GET /runs/RUN")
    return found.document


def step_document(step: JsonObject, *, inside: bool) -> JsonDict:
    """Return one step of a run; with `inside` also what it was given, said and made, and where."""
    return {key: step.get(key) for key in (*_OF_A_STEP, *(_INSIDE if inside else ()))}


def _summary(asked: Asked, now: RunNow, *, inside: bool) -> JsonDict:
    return summary_document(now.noted, now.picture, now.pulse, asked.parts.clock(), inside=inside)


def _start_of(cursor: str) -> int:
    """Return how many steps come before those that a cursor leads to."""
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 9):
        raise InputError("This is no cursor", where="/cursor", next_step="leave it out", code="request.invalid")
    return int(cursor)
