"""What the engine asks the driver to do; the driver answers with events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from recast.counted import counted
from recast.engine.nodes import NodeHealth
from recast.engine.steps import StepRun
from recast.errors import in_words
from recast.jobs import Artifact, ContainerJob, StepState
from recast.json_types import JsonValue
from recast.workflow import Expansion

__all__ = ["Ask", "Cancel", "Command", "End", "Fail", "LookUp", "Pause", "Submit", "Take", "end_of", "in_lines"]

_FAILED = (StepState.FAILED, StepState.LOST)


def end_of(
    expansion: Expansion, runs: Mapping[str, StepRun], counts: Mapping[StepState, int], hosts: NodeHealth
) -> End:
    """Return the end: failed if a stage has a problem, a step failed or a stage never ran, else succeeded."""
    if expansion.problems:
        return End("failed", in_lines(expansion.problems[0]))
    failed = next((run for run in runs.values() if run.state in _FAILED), None)
    if failed is not None:
        count = sum(counts[state] for state in _FAILED)
        nodes = f"; all nodes that were used fail their jobs: {hosts.in_words}" if hosts.all_bad else ""
        return End("failed", f"{counted(count, 'step')} failed, first {failed.step.id}{nodes}")
    if expansion.rules:
        rule = next(iter(expansion.rules))
        awaited = rule.blocker.name if rule.blocker else "?"
        return End("failed", f"stage {rule.stage.name!r} never ran: it waits for {awaited!r}")
    return End("succeeded", "")


def in_lines(problem: Exception) -> str:
    """Return an error as the text of a reason, in several lines."""
    error = in_words(problem)
    first = f"{error.what} ({error.where})" if error.where else error.what
    return "\n".join(line for line in (first, error.why, error.next_step) if line)


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the cache for a step's key; answer with StepCached, or with `Engine.not_cached`."""

    step: str
    key: str


@dataclass(frozen=True, slots=True)
class Take:
    """Record StepCached: an identical step of this run (`source`) has produced these outputs."""

    step: str
    key: str
    outputs: tuple[Artifact, ...]
    document: JsonValue
    source: str


@dataclass(frozen=True, slots=True)
class Submit:
    """Record SubmitIntended, then submit the job."""

    step: str
    job: ContainerJob
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class Fail:
    """Record StepFailed: the step cannot become a job."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ask:
    """The run waits until a person has done these steps; answer with StepAnswered, now or much later."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Record Paused; ask the executor periodically what prevents submissions, and record Unpaused when nothing does."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop these jobs."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """The run ends in this state; nothing is left to do."""

    state: str
    reason: str


Command: TypeAlias = LookUp | Submit | Fail | Ask | Pause | Cancel | End | Take
