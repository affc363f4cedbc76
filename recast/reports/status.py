"""The status of a run: its state, its stages, what is awaited, what delays it."""

from __future__ import annotations

from collections.abc import Iterator

from recast.counted import are, counted
from recast.engine import Engine
from recast.executors.protocol import Executor
from recast.json_types import JsonDict
from recast.reports.stage_table import stage_rows
from recast.reports.time_text import ago, clock, duration
from recast.reports.unexpanded import open_stages
from recast.reports.usage import usage_of
from recast.runs import OpenRun

__all__ = ["standing", "status_json"]


def status_json(live: OpenRun) -> JsonDict:
    """Return the status of a run, as `recast status -o json` prints it."""
    engine = live.engine
    paused = engine.paused
    return {
        "run": live.request.run,
        "state": live.state,
        "reason": engine.reason,
        "executor": live.request.executor,
        "driver_pid": live.driver_pid,
        "steps": {str(state): count for state, count in engine.counts.items() if count},
        "stages": [row.as_json() for row in stage_rows(engine)],
        "open": open_stages(engine),
        "paused": None
        if paused is None
        else {"since": paused.time, "reason": paused.reason, "obstacle": paused.obstacle},
        "tried_again_at": engine.wake_at if engine.state == "running" else None,
        "avoided_hosts": engine.hosts.bad,
        "in_flight": [
            {
                "id": run.step.id,
                "job_id": job_id,
                "native_id": run.native_id,
                "state": str(run.state),
                "since": run.since,
                "host": run.host or None,
                "held": run.held,
            }
            for job_id, run in engine.in_flight.items()
        ],
        "usage": [usage.as_json() for usage in usage_of(engine)],
    }


def standing(engine: Engine, now: float, executor: Executor | None = None) -> Iterator[str]:
    """Yield what delays a run, the most serious first; with `executor`, also what that reports about itself."""
    paused = engine.paused
    if paused is not None:
        yield f"paused {ago(paused.time, now)}: {paused.reason}"
        yield from (f"  {line}" for line in (paused.obstacle or "asking what prevents submissions").splitlines())
        yield "  the run continues by itself when that is fixed; running jobs continue meanwhile"
    if executor is not None and executor.trouble:
        yield f"cannot reach {executor.name}: {executor.trouble} (this says nothing about its jobs)"
    held = [tally for tally in engine.stages.values() if tally.held]
    for tally in held[:3]:
        yield f"held: {tally.held:,} of {tally.path}: {tally.why_held}"
    if engine.hosts.bad:
        yield f"avoided nodes: {engine.hosts.in_words}"
    if engine.wake_at is not None and engine.state == "running":
        when = f"in {duration(engine.wake_at - now)}" if engine.wake_at > now else "now"
        attempts = f"{counted(engine.backing_off, 'failed attempt')} {are(engine.backing_off)} retried"
        yield f"{attempts}, the first {when} ({clock(engine.wake_at)})"
    if executor is not None and executor.next_look is not None and engine.in_flight:
        yield f"next query of {executor.name} in {duration(executor.next_look - now)}"
