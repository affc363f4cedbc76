"""Why a step is in the state it is, and what to type next."""

from __future__ import annotations

from recast.engine import StepRun
from recast.engine.make_job import cache_key
from recast.errors import RecastError
from recast.jobs import StepState
from recast.json_types import JsonDict
from recast.log_tail import last_lines
from recast.paths import Places
from recast.prepare.passwords import without_passwords
from recast.reports.attempts import Attempt, attempts_of, then
from recast.reports.blocked import blocker_of, causes_of_stage, causes_of_step, problem_of
from recast.reports.cache_miss import Why, why_not_cached
from recast.reports.failure_causes import cause_of
from recast.reports.find_step import find_step_or_stage
from recast.reports.previous_runs import PreviousRuns
from recast.reports.run_report import step_json
from recast.reports.step_words import words_of_step
from recast.runs.open_run import OpenRun
from recast.workflow import is_job
from recast.workflow.graph import StageRecord

__all__ = ["explain_json"]

TAIL_LINES = 12
TAIL_BYTES = 16_384


def explain_json(live: OpenRun, name: str, places: Places) -> JsonDict:
    """Explain a step, or a stage that has not expanded; raise NotFound.

    Keys: `run`, `step` or `stage`, `state`, `why` (sentences), `causes` (what blocks it), `next` (commands); for a step
    also its fields in `recast show -o json`, `cache`, `attempts`, `log` and its last lines.
    """
    found = find_step_or_stage(live, name)
    told = _step(live, found, places) if isinstance(found, StepRun) else _stage(live, found)
    return without_passwords(told, live.request.inputs)  # type: ignore[no-any-return]


def _stage(live: OpenRun, record: StageRecord) -> JsonDict:
    engine, run = live.engine, live.request.run
    path = f"{record.scope.pointer}/{record.name}"
    blocker = blocker_of(engine, record)
    problem = None if blocker or record.expanded else problem_of(engine, record)
    waits_for = f"{blocker.scope.pointer}/{blocker.name}" if blocker else ""
    if blocker is not None:
        state, why = "open", f"It never expanded: it waits for {waits_for}."
    elif record.skipped:
        state, why = "skipped", f"It never runs: {record.skipped}."
    elif problem is not None:
        state, why = (
            "failed",
            "\n".join(filter(None, (f"It cannot expand: {problem}.", problem.why, problem.next_step))),
        )
    else:
        state, why = "succeeded", "It expanded to no steps: the list that it is scattered over is empty."
    causes = causes_of_stage(engine, blocker) if blocker else []
    towards = causes[0].split(" ")[0] if causes else waits_for
    return {
        "run": run,
        "stage": path,
        "scope": record.scope.pointer,
        "state": state,
        "waits_for": waits_for,
        "why": [why],
        "causes": causes,
        "next": [*([f"recast explain {run} {towards}"] if towards else []), f"recast status {run}"],
    }


def _step(live: OpenRun, run: StepRun, places: Places) -> JsonDict:
    attempts = attempts_of(live, run) if run.attempts else []
    why = _comparison(live, run, places)
    log = live.directory.jobs / run.job_id / "log" if run.job_id else None
    cause = cause_of(live, run, "\n".join(last_lines(log, 200, TAIL_BYTES))) if log else None
    known = {key: value for key, value in step_json(run.step, live.engine).items() if key != "id"}
    return {
        "run": live.request.run,
        "step": run.step.id,
        **known,
        "state": "cached" if run.cached_from else str(run.state),
        "failure": str(run.failure) if run.failure else None,
        "since": run.since or None,
        "held": run.held,
        "not_before": run.not_before or None,
        "avoids": list(live.engine.hosts.to_avoid(run.failed_on)),
        "why": [*_reasons(live, run, why), *([cause.what] if cause else [])],
        "cause": cause.as_json() if cause else None,
        "causes": causes_of_step(live.engine, run) if run.waits_for else [],
        "cache": {
            "key": _key(live, run),
            "taken_from": run.cached_from,
            "against": why.against if why else None,
            "changes": why.changes if why else [],
        },
        "attempts": [_attempt(live, run, attempt, attempts) for attempt in attempts],
        "log": str(log) if log else None,
        "log_tail": last_lines(log, TAIL_LINES, TAIL_BYTES) if log else [],
        "next": [*([cause.next_step] if cause else []), *_next(live, run)],
    }


def _key(live: OpenRun, run: StepRun) -> str | None:
    """Return the step's cache key, None while its inputs are not available."""
    if run.key or run.waits_for or not is_job(run.step):
        return run.key
    try:
        return cache_key(run.step, live.engine.plan.pins, live.engine.expansion.directories, live.engine.plan.overrides)
    except RecastError:
        return None


def _comparison(live: OpenRun, run: StepRun, places: Places) -> Why | None:
    """Return why a step that ran was not taken from the cache."""
    if not (run.attempts and live.request.use_cache and is_job(run.step)):
        return None
    stages = {stage.name for stage in live.engine.plan.workflow.stages}
    return why_not_cached(run.step, live.engine, PreviousRuns(places.runs, live.request, stages))


def _reasons(live: OpenRun, run: StepRun, why: Why | None) -> list[str]:
    """Return sentences that say why it ran or did not, and why it ended as it did."""
    ran = f"It ran: {why.reason}." if why else "It ran: the cache is off."
    return words_of_step(live.engine, run, ran=ran, driven=live.driver_pid is not None)


def _attempt(live: OpenRun, run: StepRun, attempt: Attempt, attempts: list[Attempt]) -> JsonDict:
    follows = next((other for other in attempts if other.number == attempt.number + 1), None)
    if attempt.failure is None:
        what = ""
    elif follows is not None:
        what = f"retried as attempt {follows.number}"
    else:
        what = then(attempt, run.tries.get(attempt.failure, 0), live.engine.policy)
    return {**attempt.as_json(), "then": what}


def _next(live: OpenRun, run: StepRun) -> list[str]:
    """Return the commands that are useful now."""
    run_id, step = live.request.run, run.step.id
    if run.cached_from:
        source, _, its_step = run.cached_from.partition(" ")
        return [f"recast explain {source} {its_step}", "recast run ... --no-cache   (runs it again)"]
    logs = [f"recast logs {run_id} {step}"] if run.job_id else []
    if run.state in (StepState.FAILED, StepState.LOST, StepState.CANCELLED):
        return [*logs, f"recast retry {run_id} {step}", f"recast resume {run_id}"]
    go_on = [] if live.driver_pid else [f"recast resume {run_id}"]
    if run.held:
        return [f"fix the cause of the hold; then it is released, or: recast cancel {run_id}", *go_on]
    if run.in_flight:
        return [f"{logs[0]} --follow", *go_on]
    if run.state is StepState.READY and live.engine.paused is not None:
        return [*(live.engine.paused.obstacle.splitlines()[-1:]), *go_on] or [f"recast status {run_id}"]
    if run.state in (StepState.SKIPPED, StepState.READY) and live.driver_pid is None:
        return [f"recast resume {run_id}"]
    return logs or [f"recast status {run_id}"]
