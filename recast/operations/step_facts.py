"""What a run itself knows of one of its steps: the job, its attempts, what came out. For a service, whose readers may
not learn of other runs: nothing is compared with them here (`recast explain` does that for whoever owns the machine).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from recast.engine import StepRun
from recast.engine.make_job import job_for
from recast.engine.options import resources_of
from recast.errors import RecastError
from recast.jobs import RUN_ROOT, Artifact, ContainerJob
from recast.json_types import JsonDict, JsonValue
from recast.log_tail import last_lines
from recast.masked import masked_json
from recast.prepare.passwords import without_passwords
from recast.reports.attempts import attempts_of
from recast.reports.blocked import causes_of_step
from recast.reports.failure_causes import cause_of
from recast.reports.find_step import find_step
from recast.rundir import RunDirectory
from recast.runs import OpenRun, open_run
from recast.workflow import is_job

__all__ = ["step_facts"]

_MOST_FILES, _LONGEST_TEXT = 200, 20_000
_OF_AN_ATTEMPT = (
    *("submitted", "started", "ended", "host", "avoided_hosts", "held", "runtime", "native_id", "reason"),
    *("exit_code", "signal", "failure", "message", "asked", "used", "unheld"),
)


def step_facts(directory: RunDirectory, step: str) -> JsonDict:
    """Return what a run knows of a step: `job` (None until its inputs are there), `attempts`, `outputs`, `causes` of a
    step that waits, `cause` of one that failed. Raises NotFound, and StoreError or SpecError for a damaged run.

    Lists and texts are bounded, secrets are masked, and no place on this machine is named.
    """
    live = open_run(directory)
    run = find_step(live, step)
    facts: JsonDict = {
        "job": _job(live, run),
        "attempts": [_attempt(it.number, it.as_json()) for it in (attempts_of(live, run) if run.attempts else [])],
        "outputs": _files(run.outcome.outputs) if run.outcome else [],
        "image_run": run.outcome.image if run.outcome else None,
        "resources": run.resources.as_json() if run.resources else None,
        "causes": causes_of_step(live.engine, run)[:20] if run.waits_for else [],
        "cause": _cause(live, run),
        "avoids": list(live.engine.hosts.to_avoid(run.failed_on))[:50],
    }
    return _safe(without_passwords(facts, live.request.inputs), (str(directory.path), str(directory.path.resolve())))


def _job(live: OpenRun, run: StepRun) -> JsonDict | None:
    if not is_job(run.step) or run.waits_for:
        return None
    plan, expansion = live.engine.plan, live.engine.expansion
    asked = run.resources or resources_of(run.step, plan.overrides)
    try:
        job = job_for(
            run.step,
            "job",
            plan.pins,
            expansion.directories,
            asked,
            expansion.jq,
            allow_host_process=True,
            overrides=plan.overrides,
        )
    except RecastError:
        return None
    return _of_job(job)


def _of_job(job: ContainerJob) -> JsonDict:
    return {
        "image": job.image,
        "command": job.command if job.command is not None else job.script,
        "is_script": job.script is not None,
        "interpreter": job.interpreter,
        "workdir": job.workdir,
        "inputs": _files(job.inputs),
        "more_inputs": max(0, len(job.inputs) - _MOST_FILES),
        "resources": job.resources.as_json(),
        "network": job.network,
        "needs": list(job.needs),
    }


def _files(files: tuple[Artifact, ...]) -> list[JsonDict]:
    return [{"path": it.path, "digest": it.digest, "size": it.size} for it in files[:_MOST_FILES]]


def _attempt(number: int, told: JsonDict) -> JsonDict:
    return {"attempt": number, **{key: told[key] for key in _OF_AN_ATTEMPT}}


def _cause(live: OpenRun, run: StepRun) -> str:
    if run.failure is None or run.job_id is None:
        return ""
    log = live.directory.jobs / run.job_id / "log"
    found = cause_of(live, run, "\n".join(last_lines(log, 200, 16_384)))
    return found.what if found else ""


def _safe(value: JsonDict, hidden: tuple[str, ...]) -> JsonDict:
    found: JsonDict = masked_json(_cut(value, hidden))
    return found


def _cut(value: JsonValue, hidden: tuple[str, ...]) -> JsonValue:
    """Return a value with short texts that name neither places on this machine nor where a job sees its run."""
    if isinstance(value, str):
        for place in (*hidden, f"{RUN_ROOT}/"):
            value = value.replace(place, "")
        return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}..."
    if isinstance(value, dict):
        return dict(_cut_items(value, hidden))
    return [_cut(item, hidden) for item in value] if isinstance(value, (list, tuple)) else value


def _cut_items(value: JsonDict, hidden: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for key, item in value.items():
        yield key, _cut(item, hidden)
