"""A run and its steps as JSON: the documents that `recast show -o json` prints and `recast plan -o json` builds on."""

from __future__ import annotations

from recast.engine import Engine, StepRun
from recast.jobs import RUN_ROOT
from recast.json_types import JsonDict, JsonValue
from recast.masked import MASK
from recast.prepare.passwords import is_password, without_passwords
from recast.reports.usage import usage_of
from recast.runs.open_run import OpenRun
from recast.spec.model import ContainerEnvironment
from recast.workflow import MISSING, Step

__all__ = ["run_json", "step_json", "step_of_run"]


def run_json(live: OpenRun) -> JsonDict:
    """Return the whole run: its description, its state, and every step."""
    request = live.request
    document = {
        "run": request.run,
        "state": live.state,
        "reason": live.engine.reason,
        "analysis": request.analysis,
        "version": request.version,
        "digest": request.digest,
        "workflow": request.workflow,
        "created": request.created,
        "directory": str(live.directory.path),
        "origin": request.origin,
        "executor": request.executor,
        "executor_settings": dict(request.executor_settings),
        "overrides": dict(request.overrides),
        "usage": [usage.as_json() for usage in usage_of(live.engine)],
        "steps": [step_of_run(live, run) for run in live.engine.runs.values()],
    }
    return without_passwords(document, request.inputs)  # type: ignore[no-any-return]


def step_json(step: Step, engine: Engine) -> JsonDict:
    """Return what is known about a step without running it; paths below the run are relative to it."""
    return {
        "id": step.id,
        "name": step.name,
        "stage": step.record.name,
        "scope": step.scope.pointer,
        "index": step.index,
        "depends_on": [other.id for other in step.depends_on],
        "parameters": _relative(step.parameters),
        "published": None if step.published is MISSING else _relative(step.published),
        "image": _image(step, engine),
    }


def step_of_run(live: OpenRun, run: StepRun) -> JsonDict:
    """Return a step with what has become of it; secrets among the inputs are still in it."""
    outcome = run.outcome
    log = live.directory.jobs / run.job_id / "log" if run.job_id else None
    return {
        **step_json(run.step, live.engine),
        "state": str(run.state),
        "cached": run.cached_from is not None,
        "attempts": run.attempts,
        "executor": live.request.executor if run.job_id else None,
        "runtime": outcome.runtime if outcome else None,
        "native_id": run.native_id,
        "job_id": run.job_id,
        "exit_code": outcome.exit_code if outcome else None,
        "image_run": outcome.image if outcome else None,
        "host": run.host or None,
        "started": outcome.started if outcome else None,
        "ended": outcome.ended if outcome else None,
        "peak_memory_bytes": outcome.peak_memory_bytes if outcome else None,
        "cpu_s": outcome.cpu_s if outcome else None,
        "unheld": list(outcome.unheld) if outcome else [],
        "failure": str(run.failure) if run.failure else None,
        "reason": run.held or run.reason,
        "since": run.since or None,
        "held": bool(run.held),
        "avoided_hosts": list(run.avoided),
        "log": str(log) if log else None,
    }


def _image(step: Step, engine: Engine) -> str | None:
    environment = step.packtivity.environment if step.packtivity else None
    if not isinstance(environment, ContainerEnvironment):
        return None
    digest, instead = engine.plan.pins.get(environment.reference), engine.plan.overrides.images
    if environment.reference in instead:
        return instead[environment.reference]
    return f"{environment.image}@{digest}" if digest else environment.reference


def _relative(value: JsonValue) -> JsonValue:
    if isinstance(value, str):
        return str(value).replace(RUN_ROOT + "/", "").replace(RUN_ROOT, ".")
    if isinstance(value, list):
        return [_relative(item) for item in value]
    if isinstance(value, dict):
        return {key: MASK if is_password(str(key), item) else _relative(item) for key, item in value.items()}
    return value
