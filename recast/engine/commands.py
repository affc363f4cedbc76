"""What the engine wants done; the driver does it and answers with events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from recast.jobs import Artifact, ContainerJob

__all__ = ["Ask", "Cancel", "Command", "End", "Fail", "LookUp", "Pause", "Submit", "Take"]


@dataclass(frozen=True, slots=True)
class LookUp:
    """Ask the cache for a step's key; answer with StepCached, or with `Engine.not_cached`."""

    step: str
    key: str


@dataclass(frozen=True, slots=True)
class Take:
    """Record StepCached: an equal step of this run (`source`) has left these outputs."""

    step: str
    key: str
    outputs: tuple[Artifact, ...]
    document: Any
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
    """Nothing can go on until a person has done these steps; answer with StepAnswered, now or much later."""

    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pause:
    """Record Paused; ask the executor every so often what stands in the way, and record Unpaused when nothing does."""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop these jobs."""

    job_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class End:
    """Nothing is left to do; the run ends in this state."""

    state: str
    reason: str


Command: TypeAlias = LookUp | Submit | Fail | Ask | Pause | Cancel | End | Take
