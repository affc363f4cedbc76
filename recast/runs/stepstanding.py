"""What a step that is ready or in flight waits for, in sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from recast.engine import Engine, StepRun
from recast.jobs import StepState

__all__ = ["standing_of"]


def standing_of(engine: Engine, run: StepRun, *, driven: bool) -> Iterator[str]:
    """Yield the state of a step and since when, what came before, and what comes next; `driven` says that there is a
    driver.
    """
    nobody = "" if driven else ", as far as is known; nobody drives the run"
    since = f" since {_clock(run.since)}" if run.since else ""
    if run.held:
        yield f"Its job {run.native_id or run.job_id} is held{since}{nobody}: {run.held}."
        yield "It will not run until this is resolved; the step waits without a time limit."
    elif run.in_flight:
        where = f" on {run.host}" if run.host else ""
        native = f" as job {run.native_id}" if run.native_id else ", and the batch system has not assigned an id yet"
        yield f"It is {run.state}{where}{since}{native}{nobody}."
    else:
        yield from _ready(engine, run, driven)
    if run.attempts > 1 or (run.state is StepState.READY and run.attempts):
        yield f"Before that: {run.reason}."
    if run.in_flight and run.avoided:
        yield f"This attempt avoids {', '.join(run.avoided)}."


def _ready(engine: Engine, run: StepRun, driven: bool) -> Iterator[str]:
    nobody = "" if driven else "; nobody drives the run"
    if engine.paused is not None:
        obstacle = f" ({engine.paused.obstacle.splitlines()[0]})" if engine.paused.obstacle else ""
        yield f"The run has been paused since {_clock(engine.paused.time)}: {engine.paused.reason}{obstacle}."
        yield "Nothing is submitted until that is fixed; then the run continues by itself" + (nobody or "") + "."
    elif run.not_before > engine.time:
        yield f"It is retried, not before {_clock(run.not_before)}{nobody}."
    else:
        yield f"It is ready, and waits for a free slot{nobody}."
    avoided = engine.hosts.to_avoid(run.failed_on)
    if avoided:
        yield f"Its next attempt avoids {', '.join(avoided)}."


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
