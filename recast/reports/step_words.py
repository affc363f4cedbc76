"""Why a step is in the state it is, in sentences. Pure."""

from __future__ import annotations

from recast.engine import Engine, StepRun
from recast.jobs import StepState
from recast.runs.stepstanding import standing_of
from recast.workflow import is_job

__all__ = ["words_of_step"]


def words_of_step(engine: Engine, run: StepRun, *, driven: bool, ran: str = "") -> list[str]:
    """Return sentences that say why a step ran or did not, and why it ended as it did.

    `driven`: a process drives the run. `ran` says why a step that ran was not taken from the cache, if that is known.
    """
    if run.cached_from:
        return [f"It was taken from the cache: {run.reason}."]
    if not is_job(run.step):
        return ["It only publishes values; there is nothing to run."]
    if run.waits_for:
        upstream = f"for {run.waits_for} of its {len(run.step.depends_on)} upstream steps"
        is_over = run.state is not StepState.WAITING
        return [f"It never ran: the run ended while it waited {upstream}." if is_over else f"It waits {upstream}."]
    told = [ran] if run.attempts and ran else []
    if run.state in (StepState.FAILED, StepState.LOST, StepState.CANCELLED):
        told.append(f"It {run.state if run.state is not StepState.LOST else 'was lost'}: {run.reason}.")
    elif run.state is StepState.SKIPPED:
        told.append("It was skipped: the run ended before its turn.")
    elif run.state is StepState.READY or run.in_flight:
        told += standing_of(engine, run, driven=driven)
    return told
