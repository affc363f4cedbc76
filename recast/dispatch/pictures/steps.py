"""The steps of a picture: as `recast show RUN -o json` says them, within limits, with the reason in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from recast.engine import StepRun
from recast.engine.overrides import stage_path
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.masked import masked_json
from recast.prepare.passwords import without_passwords
from recast.reports.run_report import step_of_run
from recast.reports.step_words import words_of_step
from recast.runs import OpenRun

__all__ = ["COUNTED", "MOST_STEPS", "counted_as", "mark_of", "told_steps"]

MOST_STEPS = 20_000
"""Steps beyond these are counted and not listed."""

COUNTED = ("waiting", "idle", "running", "done", "cached", "failed", "held", "lost", "cancelled", "skipped")
"""What a stage counts its steps as: each step is one of these."""

_FROM_THE_CACHE = "an earlier step had the same image, command, inputs and parameters"
"""Which step that was is not told: its run may be somebody else's."""

_NOT_TOLD = ("directory", "origin", "executor_settings", "log")
"""Where things lie on our machines is for nobody."""

_BULKY = ("parameters", "published", "depends_on")
"""What is left out of steps that are large: it is in the run's own record."""

_FULL = 1000
_MOST_BYTES, _MOST_BYTES_OF_MANY = 8192, 1024
"""How large a step may be: one of the first thousand, and one of the others."""

_LONGEST = {"reason": 2000, "why": 2000, "id": 900, "name": 300, "stage": 300, "image": 300, "image_run": 300}
_AS = {
    StepState.WAITING: "waiting",
    StepState.READY: "waiting",
    StepState.SUBMITTED: "idle",
    StepState.RUNNING: "running",
    StepState.SUCCEEDED: "done",
    StepState.FAILED: "failed",
    StepState.LOST: "lost",
    StepState.CANCELLED: "cancelled",
    StepState.SKIPPED: "skipped",
}


def counted_as(run: StepRun) -> str:
    """Return what a stage counts a step as: one of COUNTED."""
    if run.held:
        return "held"
    return "cached" if run.cached_from is not None and run.state is StepState.SUCCEEDED else _AS[run.state]


def mark_of(run: StepRun, *, paused: bool) -> tuple[Any, ...]:
    """Return what is another as soon as something is to be told of a step."""
    waits = paused if run.state is StepState.READY else run.waits_for
    about = (run.attempts, run.held, run.host, run.native_id, run.reason, run.not_before, waits)
    return (run.state, run.since, *about, run.step.finished)


def told_steps(
    live: OpenRun, runs: Mapping[int, StepRun], jobs: Mapping[str, Mapping[int, str]]
) -> dict[int, JsonDict]:
    """Return steps by their places, without secrets. `jobs` are the ids of the jobs of steps by attempt."""
    steps = [_told(live, run, jobs) for run in runs.values()]
    safe = masked_json(without_passwords(steps, live.request.inputs))
    return {place: _bounded(step, place) for place, step in zip(runs, safe, strict=True)}


def _told(live: OpenRun, run: StepRun, jobs: Mapping[str, Mapping[int, str]]) -> JsonDict:
    known = dict(jobs.get(run.step.id, {}))
    if run.job_id:
        known[run.attempts] = run.job_id
    told = {key: value for key, value in step_of_run(live, run).items() if key not in _NOT_TOLD}
    why = " ".join(words_of_step(live.engine, run, driven=True))
    if run.cached_from:
        told["reason"], why = _FROM_THE_CACHE, f"It was taken from the cache: {_FROM_THE_CACHE}."
    return {
        **told,
        "path": stage_path(run.step),
        "counted": counted_as(run),
        "why": why,
        "attempts_list": [{"attempt": number, "job_id": job} for number, job in sorted(known.items())],
    }


def _bounded(step: JsonDict, place: int) -> JsonDict:
    """Return a step that is not larger than one may be; `left_out` names what it would have had."""
    step |= {key: f"{step[key]:.{most}}" for key, most in _LONGEST.items() if isinstance(step.get(key), str)}
    most = _MOST_BYTES if place < _FULL else _MOST_BYTES_OF_MANY
    if len(json.dumps(step)) <= most:
        return step
    bulky = [key for key in _BULKY if step.get(key)]
    return {**step, **dict.fromkeys(bulky), "left_out": bulky}
