"""How a run ends when nothing is left to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from recast.counted import counted
from recast.engine.commands import End
from recast.engine.nodes import Hosts
from recast.engine.steprun import StepRun
from recast.errors import in_words
from recast.jobs import StepState
from recast.workflow import Expansion

__all__ = ["end_of", "in_lines"]

_FAILED = (StepState.FAILED, StepState.LOST)


def end_of(expansion: Expansion, runs: Mapping[str, StepRun], counts: Mapping[StepState, int], hosts: Hosts) -> End:
    """Return the end: failed if a stage has a problem, a step failed or a stage never ran, else succeeded."""
    if expansion.problems:
        return End("failed", in_lines(expansion.problems[0]))
    failed = next((run for run in runs.values() if run.state in _FAILED), None)
    if failed is not None:
        count = sum(counts[state] for state in _FAILED)
        nodes = f"; every node that was seen fails its jobs: {hosts.in_words}" if hosts.all_bad else ""
        return End("failed", f"{counted(count, 'step')} failed, first {failed.step.id}{nodes}")
    if expansion.rules:
        rule = next(iter(expansion.rules))
        awaited = rule.blocker.name if rule.blocker else "?"
        return End("failed", f"stage {rule.stage.name!r} never ran: it waits for {awaited!r}")
    return End("succeeded", "")


def in_lines(problem: Exception) -> str:
    """Return an error as the lines of a reason."""
    error = in_words(problem)
    first = f"{error.what} ({error.where})" if error.where else error.what
    return "\n".join(line for line in (first, error.why, error.next_step) if line)
