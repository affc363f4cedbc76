"""Why a run, or one point of it, has no results: its first failure, in words that name no place on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from recast.engine import Engine, StepRun
from recast.engine.commands import in_lines
from recast.jobs import FailureClass, StepState
from recast.log_tail import last_lines
from recast.masked import masked
from recast.rundir import RunDirectory
from recast.terminal_safe import visible

__all__ = ["INFRASTRUCTURE", "WhyNot", "first_failures", "why_not", "why_not_of_run"]

INFRASTRUCTURE = frozenset(
    {
        FailureClass.DISK,
        FailureClass.INFRASTRUCTURE,
        FailureClass.SUBMISSION,
        FailureClass.STAGING,
        FailureClass.LOST,
        FailureClass.AUTHENTICATION,
        FailureClass.CANCELLED,
    }
)
"""Failures that say nothing about what was asked: the same point may succeed tomorrow."""

_LONGEST = 600


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why there are no results; `again` if the same point may have some when it is run again."""

    reason: str
    again: bool = False


def why_not(engine: Engine, directory: RunDirectory, pointer: str = "", failed: StepRun | None = None) -> WhyNot | None:
    """Return why the scope at `pointer` has not ended well, None if nothing in it has failed or was left undone.

    `failed` is its first failed step, if there is one.
    """
    if failed is not None:
        return WhyNot(_plain(_of_step(failed, directory)), failed.failure in INFRASTRUCTURE)
    for scope, problem in engine.expansion.stuck.items():
        if _is_within(scope, pointer):
            return WhyNot(_plain(in_lines(problem)))
    if engine.state == "cancelled" or engine.cancelling:
        return WhyNot("The run was cancelled", again=True)
    for rule in engine.expansion.rules:
        if _is_within(rule.scope.pointer, pointer):
            awaited = rule.blocker.name if rule.blocker else "?"
            return WhyNot(f"Stage {rule.stage.name!r} never ran: it waits for {awaited!r}")
    return None


def why_not_of_run(engine: Engine, directory: RunDirectory) -> WhyNot:
    """Return why a whole run has no results."""
    found = why_not(engine, directory, "", first_failures(engine).get(""))
    return found or WhyNot(_plain(engine.reason) or "The run has not ended", again=not engine.reason)


def _is_within(scope: str, pointer: str) -> bool:
    return f"{scope}/".startswith(f"{pointer}/")


def first_failures(engine: Engine) -> dict[str, StepRun]:
    """Return the first failed step of each scope below the root, and of the root itself (`""`)."""
    found: dict[str, StepRun] = {}
    for run in _failed(engine):
        found.setdefault("", run)
        parts = run.step.id.split("/")
        found.setdefault("/".join(parts[:3]), run)
    return found


def _failed(engine: Engine) -> Iterator[StepRun]:
    if not (engine.counts[StepState.FAILED] or engine.counts[StepState.LOST] or engine.counts[StepState.CANCELLED]):
        return
    bad = (StepState.FAILED, StepState.LOST, StepState.CANCELLED)
    yield from (run for run in engine.runs.values() if run.state in bad and run.failure is not None)


def _of_step(run: StepRun, directory: RunDirectory) -> str:
    """Return text such as `step /point/3/prepare/0 failed (refused): exit code 65: no such point`."""
    told = f"Step {run.step.id} failed ({run.failure}): {run.reason.strip()}"
    log = last_lines(directory.jobs / run.job_id / "log", 1) if run.job_id else []
    last = log[0].strip() if log else ""
    return f"{told}\n{last}" if last and last not in told else told


def _plain(text: str) -> str:
    """Return a reason for tables, files and mails: a log's line may hold a secret, or what a terminal would obey."""
    return visible(masked(text), None)[:_LONGEST]
