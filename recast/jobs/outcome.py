"""Outcome: what the worker writes about one attempt. The scheduler's word is a hint; this is the truth."""

from __future__ import annotations

from dataclasses import dataclass

from recast.jobs.failure import FailureClass
from recast.jobs.job import Artifact
from recast.json_types import JsonDict, JsonObject
from recast.strictjson import parse_json

__all__ = ["OUTCOME_SCHEMA_VERSION", "Outcome"]

OUTCOME_SCHEMA_VERSION = 1


_KINDS: dict[str, tuple[type, ...]] = {
    "version": (int,),
    "job_id": (str,),
    "exit_code": (int, type(None)),
    "signal": (int, type(None)),
    "started": (str,),
    "ended": (str,),
    "host": (str,),
    "runtime": (str,),
    "peak_memory_bytes": (int,),
    "cpu_s": (int, float),
    "image": (str, type(None)),
    "outputs": (list,),
    "failure": (str, type(None)),
    "message": (str,),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt.

    `started` and `ended` are UTC, ISO 8601. `outputs` have paths relative to the work directory, sorted.
    `image` is the manifest digest that really ran, None for a host process.
    `failure` is None for success; `message` says in one line what went wrong. `unheld` names the limits that should
    have been the kernel's to hold, and were only watched (memory, processes) or not there at all (cpus).
    """

    job_id: str
    exit_code: int | None
    signal: int | None
    started: str
    ended: str
    host: str
    runtime: str
    peak_memory_bytes: int
    cpu_s: float
    image: str | None
    outputs: tuple[Artifact, ...] = ()
    failure: FailureClass | None = None
    message: str = ""
    unheld: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the attempt did what its job asked."""
        return self.failure is None

    def as_json(self) -> JsonDict:
        """Return the outcome as a JSON object of schema version `OUTCOME_SCHEMA_VERSION`."""
        return {
            "version": OUTCOME_SCHEMA_VERSION,
            "job_id": self.job_id,
            "exit_code": self.exit_code,
            "signal": self.signal,
            "started": self.started,
            "ended": self.ended,
            "host": self.host,
            "runtime": self.runtime,
            "peak_memory_bytes": self.peak_memory_bytes,
            "cpu_s": self.cpu_s,
            "image": self.image,
            "outputs": [artifact.as_json() for artifact in self.outputs],
            "failure": None if self.failure is None else str(self.failure),
            "message": self.message,
            **({"unheld": list(self.unheld)} if self.unheld else {}),
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Outcome:
        """Read an outcome back; raise ValueError, KeyError or TypeError for anything else than version 1."""
        _check_kinds(data)
        if data["version"] != OUTCOME_SCHEMA_VERSION:
            raise ValueError(f"outcome schema version {data['version']}, this is {OUTCOME_SCHEMA_VERSION}")
        return cls(
            job_id=data["job_id"],
            exit_code=data["exit_code"],
            signal=data["signal"],
            started=data["started"],
            ended=data["ended"],
            host=data["host"],
            runtime=data["runtime"],
            peak_memory_bytes=data["peak_memory_bytes"],
            cpu_s=data["cpu_s"],
            image=data["image"],
            outputs=tuple(Artifact.from_json(item) for item in data["outputs"]),
            failure=None if data["failure"] is None else FailureClass(data["failure"]),
            message=data["message"],
            unheld=tuple(data.get("unheld", ())),
        )

    @classmethod
    def parsed(cls, text: bytes | str, job_id: str) -> Outcome:
        """Read the outcome.json of a job, which a stranger's node or process may have written; raise ValueError."""
        try:
            outcome = cls.from_json(parse_json(text))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"outcome.json is damaged: {problem!r}") from problem
        if outcome.job_id != job_id:
            raise ValueError(f"outcome.json is of job {outcome.job_id}")
        return outcome


def _check_kinds(data: JsonObject) -> None:
    wrong = [name for name, kinds in _KINDS.items() if type(data[name]) not in kinds]
    unheld = data.get("unheld", [])
    if type(unheld) is not list or not all(type(name) is str for name in unheld):
        wrong.append("unheld")
    if wrong:
        raise ValueError(f"{wrong[0]} is of another kind")
