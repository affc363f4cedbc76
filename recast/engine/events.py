"""What has happened in a run. The journal stores these events, and the state of a run is the fold over them.

Times are seconds since the epoch, UTC. Each decision includes its reason.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeAlias

from recast.jobs import Artifact, FailureClass, Outcome
from recast.json_types import JsonDict, JsonObject, JsonValue

__all__ = [
    "CancelRequested",
    "Event",
    "JobAccepted",
    "JobEnded",
    "JobGone",
    "JobHeld",
    "JobStarted",
    "Paused",
    "RunCreated",
    "RunEnded",
    "RunResumed",
    "StepAnswered",
    "StepCached",
    "StepFailed",
    "SubmitIntended",
    "Unpaused",
    "event_from_json",
    "event_to_json",
]


@dataclass(frozen=True, slots=True)
class RunCreated:
    """The run exists."""

    time: float
    run: str


@dataclass(frozen=True, slots=True)
class StepCached:
    """A step is taken from the cache: an earlier step with the same key produced these outputs."""

    time: float
    step: str
    key: str
    outputs: tuple[Artifact, ...]
    document: JsonValue
    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class SubmitIntended:
    """A job is about to be submitted under the token `job_id`; on disk before anything is submitted.

    `avoid_hosts` are nodes where it should not run.
    """

    time: float
    step: str
    job_id: str
    attempt: int
    reason: str
    memory_mb: int
    walltime_s: int
    avoid_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JobAccepted:
    """The executor has the job, which waits in the queue: it was accepted, released, or requeued."""

    time: float
    job_id: str
    native_id: str


@dataclass(frozen=True, slots=True)
class JobStarted:
    """The job runs, on `host` if the executor says where."""

    time: float
    job_id: str
    native_id: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class JobHeld:
    """The batch system holds the job until somebody intervenes."""

    time: float
    job_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class JobEnded:
    """There is an outcome. `document` is the parsed YAML file of a fromyaml publisher, `host` is the executor's name
    for the node.
    """

    time: float
    job_id: str
    outcome: Outcome
    document: JsonValue = None
    host: str = ""


@dataclass(frozen=True, slots=True)
class JobGone:
    """No outcome will come: the job was lost, refused or cancelled.

    `counted` says whether it uses up one of the step's tries; a job that ended with its driver, or was never submitted,
    does not. `host` is where it ran, if that is known.
    """

    time: float
    job_id: str
    failure: FailureClass
    reason: str
    counted: bool = True
    host: str = ""


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step cannot become a job (its template, its image, its inputs)."""

    time: float
    step: str
    failure: FailureClass
    reason: str


@dataclass(frozen=True, slots=True)
class StepAnswered:
    """A person has done a step: its output files, and the values to publish if the publisher asks the person."""

    time: float
    step: str
    who: str
    outputs: tuple[Artifact, ...]
    document: JsonValue


@dataclass(frozen=True, slots=True)
class RunResumed:
    """The run is resumed; the steps in `reset` are retried."""

    time: float
    reset: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutputsLost:
    """Output files of a finished step are missing or damaged: it runs again, and the steps `waiting` wait for it.

    `lost` are digests: the step has to produce identical files.
    """

    time: float
    step: str
    lost: tuple[str, ...]
    waiting: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A user has asked to cancel the run."""

    time: float


@dataclass(frozen=True, slots=True)
class Paused:
    """Submissions stop, since they would be refused: credentials have expired. Running jobs continue.

    `obstacle` is what prevents submissions according to the executor, and what to do about it, once it was asked.
    """

    time: float
    reason: str
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Unpaused:
    """The executor accepts submissions again."""

    time: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run is over: succeeded, failed or cancelled."""

    time: float
    state: str
    reason: str


Event: TypeAlias = (
    RunCreated
    | StepCached
    | SubmitIntended
    | JobAccepted
    | JobStarted
    | JobHeld
    | JobEnded
    | JobGone
    | StepFailed
    | StepAnswered
    | RunResumed
    | OutputsLost
    | CancelRequested
    | Paused
    | Unpaused
    | RunEnded
)

_KINDS: dict[str, type[JsonValue]] = {
    kind.__name__: kind
    for kind in (
        RunCreated,
        StepCached,
        SubmitIntended,
        JobAccepted,
        JobStarted,
        JobHeld,
        JobEnded,
        JobGone,
        StepFailed,
        StepAnswered,
        RunResumed,
        OutputsLost,
        CancelRequested,
        Paused,
        Unpaused,
        RunEnded,
    )
}
_FIELDS = {name: tuple(field.name for field in dataclasses.fields(kind)) for name, kind in _KINDS.items()}


def event_to_json(event: Event) -> tuple[str, JsonDict]:
    """Return the kind of an event and its body as JSON values."""
    kind = type(event).__name__
    body = {name: getattr(event, name) for name in _FIELDS[kind]}
    if isinstance(event, JobEnded):
        body["outcome"] = event.outcome.as_json()
    elif isinstance(event, (StepCached, StepAnswered)):
        body["outputs"] = [artifact.as_json() for artifact in event.outputs]
    return kind, body


_KINDS_OF_VALUES = {"str": (str,), "int": (int,), "bool": (bool,), "float": (float, int)}
_CHECKED = {
    name: tuple(
        (field.name, _KINDS_OF_VALUES[field.type])
        for field in dataclasses.fields(kind)
        if field.type in _KINDS_OF_VALUES
    )
    for name, kind in _KINDS.items()
}
"""For each kind of event, its fields with plain values, and their types."""


def event_from_json(kind: str, body: JsonObject) -> Event:
    """Parse an untrusted event; raise KeyError, TypeError or ValueError if it is not valid."""
    fields = dict(body)
    for name, kinds in _CHECKED[kind]:
        if name in fields and type(fields[name]) not in kinds:
            raise TypeError(f"{name} is {fields[name]!r:.40}")
    if "/" in fields.get("job_id", "") or fields.get("job_id") in ("", ".", ".."):
        raise ValueError(f"job_id is {fields['job_id']!r:.40}")  # the id names a folder
    if "outcome" in fields:
        fields["outcome"] = Outcome.from_json(fields["outcome"])
    if "outputs" in fields:
        fields["outputs"] = tuple(Artifact.from_json(item) for item in fields["outputs"])
    if "failure" in fields:
        fields["failure"] = FailureClass(fields["failure"])
    for name in ("reset", "avoid_hosts", "lost", "waiting"):
        if name in fields:
            fields[name] = _texts(name, fields[name])
    event: Event = _KINDS[kind](**fields)
    return event


def _texts(name: str, values: JsonValue) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)) or not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} is {values!r:.40}")
    return tuple(values)
