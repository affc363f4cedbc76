"""Outcome: what the worker writes about one attempt. The scheduler's word is a hint; this is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from recast.jobs.failure import FailureClass
from recast.jobs.job import Artifact

__all__ = ["OUTCOME_SCHEMA_VERSION", "Outcome"]

OUTCOME_SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one attempt.

    `started` and `ended` are UTC, ISO 8601. `outputs` have paths relative to the work directory, sorted.
    `image` is the manifest digest that really ran, None for a host process.
    `failure` is None for success; `message` says in one line what went wrong.
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

    @property
    def succeeded(self) -> bool:
        """Whether the attempt did what its job asked."""
        return self.failure is None

    def as_json(self) -> dict[str, Any]:
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
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        """Read an outcome back; raise ValueError or KeyError for anything else than version 1."""
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
            outputs=tuple(Artifact(**item) for item in data["outputs"]),
            failure=None if data["failure"] is None else FailureClass(data["failure"]),
            message=data["message"],
        )
