"""What a step that is ready or in flight waits for, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from recast.engine import Engine, StepRun
from recast.jobs import StepState

__all__ = ["standing_of"]


def standing_of(engine: Engine, run: StepRun, *, driven: bool) -> Iterator[str]:
    """Yield how it stands and since when, what came before, and what comes next; `driven`: there is a driver."""
    nobody = "" if driven else ", as far as is known; nobody drives the run"
    since = f" since {_clock(run.since)}" if run.since else ""
    if run.held:
        yield f"Its job {run.native_id or run.job_id} is held{since}{nobody}: {run.held}."
        yield "It will not run until somebody does something about that; the step waits as long as it takes."
    elif run.in_flight:
        where = f" on {run.host}" if run.host else ""
        native = f" as job {run.native_id}" if run.native_id else ", and the engine has given no id yet"
        yield f"It is {run.state}{where}{since}{native}{nobody}."
    else:
        yield from _ready(engine, run, driven)
    if run.attempts > 1 or (run.state is StepState.READY and run.attempts):
        yield f"Before that: {run.reason}."
    if run.in_flight and run.avoided:
        yield f"This attempt is not to run on {', '.join(run.avoided)}."


def _ready(engine: Engine, run: StepRun, driven: bool) -> Iterator[str]:
    nobody = "" if driven else "; nobody drives the run"
    if engine.paused is not None:
        obstacle = f" ({engine.paused.obstacle.splitlines()[0]})" if engine.paused.obstacle else ""
        yield f"The run is paused since {_clock(engine.paused.time)}: {engine.paused.reason}{obstacle}."
        yield "Nothing is submitted until that is fixed; then the run goes on by itself" + (nobody or "") + "."
    elif run.not_before > engine.time:
        yield f"It is tried again, not before {_clock(run.not_before)}{nobody}."
    else:
        yield f"It is ready, and waits for a free place{nobody}."
    avoided = engine.hosts.to_avoid(run.failed_on)
    if avoided:
        yield f"Its next attempt is not to run on {', '.join(avoided)}."


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
