"""A run played through without running anything: what the cache has, and what must run."""

from __future__ import annotations

from typing import Any

from recast.driver import taken_from_cache
from recast.engine import Engine
from recast.engine.commands import Fail, LookUp, Submit
from recast.engine.events import RunCreated, SubmitIntended
from recast.errors import SpecError
from recast.jq import jq
from recast.places import Places
from recast.runs.live import policy_of
from recast.runs.prepare import PreparedRun
from recast.runs.show import open_stages
from recast.store import ArtifactStore, StepCache
from recast.workflow import is_job

__all__ = ["plan_json"]

MOST_JOBS = 1 << 40


def plan_json(prepared: PreparedRun, places: Places) -> dict[str, Any]:
    """Return `{"steps": [{id, action, reason}], "open": [{stage, waits_for}]}`; raise SpecError if it cannot run."""
    engine = Engine(prepared.plan, policy_of(prepared.request, MOST_JOBS), jq)
    engine.handle(RunCreated(0.0, prepared.plan.run))
    cache = StepCache(ArtifactStore(places.artifact_store)) if prepared.request.use_cache else None
    try:
        while _advance(engine, cache):
            pass
    finally:
        if cache is not None:
            cache.close()
    if engine.expansion.problems:
        raise engine.expansion.problems[0]
    return {"steps": _steps(engine), "open": open_stages(engine)}


def _advance(engine: Engine, cache: StepCache | None) -> bool:
    """Play one round: hits count as done, misses as submitted for ever."""
    commands = engine.commands()
    asked = [command for command in commands if isinstance(command, LookUp)]
    found = cache.look_up([command.key for command in asked]) if cache and asked else {}
    for command in asked:
        hit = found.get(command.key)
        if hit is None:
            engine.not_cached(command.step)
        else:
            engine.handle(taken_from_cache(command.step, hit, 0.0))
    for other in commands:
        if isinstance(other, Fail):
            raise SpecError(other.reason.splitlines()[0], why="\n".join(other.reason.splitlines()[1:]))
        if isinstance(other, Submit):
            used = other.job.resources
            engine.handle(
                SubmitIntended(0.0, other.step, other.job.job_id, 1, other.reason, used.memory_mb, used.walltime_s)
            )
    return bool(asked)


def _steps(engine: Engine) -> list[dict[str, str]]:
    steps = []
    for run in engine.runs.values():
        if run.cached_from is not None:
            action, reason = "cached", run.reason
        elif run.in_flight:
            action, reason = "run", run.reason
        elif not is_job(run.step):
            action, reason = "run", "it only publishes"
        else:
            awaited = next((step.id for step in run.step.depends_on if not step.finished), "")
            action, reason = "run", f"its input comes from {awaited}, which runs" if awaited else run.reason
        steps.append({"id": run.step.id, "action": action, "reason": reason})
    return steps
