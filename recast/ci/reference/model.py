"""What `reference.lock.json` says, as frozen objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.json_types import JsonDict

__all__ = ["LOCK_NAME", "SCHEMA", "Accepted", "Reference", "ReferenceRun"]

LOCK_NAME = "reference.lock.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """The reference of one validation run.

    `version` is the digest of the version that ran, `results` that of its results (`recast.ci.reference.blobs`);
    `stages` are digests of the outputs of its random stages, one a step; `control` are the results of its control run.
    """

    version: str
    results: str
    stages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    control: str | None = None

    def as_json(self) -> JsonDict:
        """Return the run as a JSON object."""
        stages = {name: list(digests) for name, digests in sorted(self.stages.items())}
        control = {"control": self.control} if self.control is not None else {}
        return {"version": self.version, "results": self.results, "stages": stages, **control}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An announced change of one quantity: why, by whom, when (UTC), and the difference that was announced."""

    quantity: str
    why: str
    by: str
    at: str
    delta: float | None = None

    def as_json(self) -> JsonDict:
        """Return the announcement as a JSON object."""
        return {"quantity": self.quantity, "why": self.why, "by": self.by, "at": self.at, "delta": self.delta}


@dataclass(frozen=True, slots=True)
class Reference:
    """The reference of an analysis: the commit that it was made from, its runs by name, the announced changes.

    `registry` is the repository (`oci://...`) that has the results too, None if only this machine has them.
    """

    analysis: str
    commit: str | None = None
    runs: Mapping[str, ReferenceRun] = field(default_factory=dict)
    accepted: tuple[Accepted, ...] = ()
    registry: str | None = None

    def as_json(self) -> JsonDict:
        """Return the reference as `reference.lock.json` holds it."""
        registry = {"registry": self.registry} if self.registry is not None else {}
        return {
            "schema": SCHEMA,
            "analysis": self.analysis,
            "commit": self.commit,
            **registry,
            "runs": {name: run.as_json() for name, run in sorted(self.runs.items())},
            "accepted": [item.as_json() for item in self.accepted],
        }
