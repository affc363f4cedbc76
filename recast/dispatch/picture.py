"""The small picture of a run that its driver leaves in the ledger: what `recast show RUN -o json` says, within limits.

The web process shows it and never opens a journal.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from recast.engine import Engine
from recast.json_types import JsonDict
from recast.masked import masked_json
from recast.reports.run_report import run_json
from recast.runs import OpenRun

__all__ = ["MOST_BYTES", "MOST_STEPS", "Pictures"]

MOST_STEPS = 5000
MOST_BYTES = 2 << 20
_BULKY = ("parameters", "published", "depends_on")
"""What is left out of steps first: it is in the run's own record."""

_NOT_TOLD = ("directory", "origin", "executor_settings", "log")
"""Where things lie on our machines is for nobody."""


class Pictures:
    """Makes pictures of one run; it remembers which job was which attempt, since the engine knows only the newest."""

    def __init__(self, live: OpenRun) -> None:
        self._live = live
        self._jobs: dict[str, dict[int, str]] = {}

    def notice(self, engine: Engine) -> None:
        """Remember the jobs that are in flight now."""
        for job_id, run in engine.in_flight.items():
            self._jobs.setdefault(run.step.id, {})[run.attempts] = job_id

    def take(self) -> JsonDict:
        """Return the picture as of now."""
        document = run_json(self._live)
        steps = [self._step(step) for step in document["steps"][:MOST_STEPS]]
        document = {key: value for key, value in document.items() if key not in _NOT_TOLD}
        return _bounded({**document, "steps": steps, "steps_in_all": len(document["steps"])})

    def _step(self, step: JsonDict) -> JsonDict:
        known = dict(self._jobs.get(step["id"], {}))
        if step["job_id"]:
            known[step["attempts"]] = step["job_id"]
        attempts = [{"attempt": number, "job_id": job} for number, job in sorted(known.items())]
        told = {key: value for key, value in step.items() if key not in _NOT_TOLD}
        return {**told, "attempts_list": attempts}


def _bounded(document: JsonDict, size: Callable[[JsonDict], int] = lambda it: len(json.dumps(it))) -> JsonDict:
    """Return a document without secrets that is not larger than a picture may be."""
    document = masked_json(document)
    if size(document) <= MOST_BYTES:
        return document
    steps = [{key: value for key, value in step.items() if key not in _BULKY} for step in document["steps"]]
    while steps and size({**document, "steps": steps}) > MOST_BYTES:
        steps = steps[: len(steps) // 2]
    return {**document, "steps": steps}
