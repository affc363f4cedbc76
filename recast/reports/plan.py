"""Simulate a run without running anything: what the cache has, what must run, and why."""

from __future__ import annotations

from dataclasses import replace

from recast.driver import taken_from_cache
from recast.engine import Engine, StepRun
from recast.engine.commands import Fail, LookUp, Submit
from recast.engine.events import RunCreated, SubmitIntended
from recast.errors import SpecError
from recast.jq import jq
from recast.json_types import JsonDict
from recast.paths import Places
from recast.prepare.prepare import PreparedRun
from recast.reports.cache_miss import why_not_cached
from recast.reports.previous_runs import PreviousRuns
from recast.reports.unexpanded import open_stages
from recast.runs.open_run import policy_of
from recast.store import ArtifactStore, StepCache
from recast.workflow import is_job

__all__ = ["plan_json"]

MOST_JOBS = 1 << 40


def plan_json(prepared: PreparedRun, places: Places) -> JsonDict:
    """Return what a run would do; raise SpecError if it cannot run.

    `{"steps": [{id, action, reason, changes}], "open": [{stage, waits_for, makes}], "summary": {run, cached, open}}`.
    """
    policy = replace(policy_of(prepared.request, 1), most_in_flight=MOST_JOBS, slots=0)
    engine = Engine(prepared.plan, policy, jq)
    engine.handle(RunCreated(0.0, prepared.plan.run))
    request = prepared.request
    cache = StepCache(ArtifactStore(places.artifact_store), request.cache_room) if request.use_cache else None
    try:
        while _advance(engine, cache):
            pass
    finally:
        if cache is not None:
            cache.close()
    if engine.expansion.problems:
        raise engine.expansion.problems[0]
    stages = {stage.name for stage in prepared.plan.workflow.stages}
    earlier = PreviousRuns(places.runs, prepared.request, stages)
    steps = [_step(engine, run, earlier) for run in engine.runs.values()]
    jobs = [step for run, step in zip(engine.runs.values(), steps, strict=True) if is_job(run.step)]
    waiting = open_stages(engine)
    summary = {action: sum(step["action"] == action for step in jobs) for action in ("run", "cached")}
    return {"steps": steps, "open": waiting, "summary": {**summary, "open": len(waiting)}}


def _advance(engine: Engine, cache: StepCache | None) -> bool:
    """Simulate one round: cache hits count as done, misses as submitted and never ending."""
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


def _step(engine: Engine, run: StepRun, earlier: PreviousRuns) -> JsonDict:
    """Return a step of the plan; `changes` are the parts of its key that differ from an earlier run."""
    if run.cached_from is not None:
        return {"id": run.step.id, "action": "cached", "reason": run.reason}
    if run.in_flight:
        if not engine.policy.use_cache:
            return {"id": run.step.id, "action": "run", "reason": run.reason}
        why = why_not_cached(run.step, engine, earlier)
        return {"id": run.step.id, "action": "run", "reason": why.reason, "changes": why.changes}
    if not is_job(run.step):
        return {"id": run.step.id, "action": "run", "reason": "it only publishes"}
    awaited = next((step.id for step in run.step.depends_on if not step.finished), "")
    reason = f"its input comes from {awaited}, which runs" if awaited else run.reason
    return {"id": run.step.id, "action": "run", "reason": reason}
