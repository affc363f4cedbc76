"""The contents of a crate, collected before it is written: plain values, no disk, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recast.jobs import Artifact
from recast.rundir import RunOrder

__all__ = ["Action", "CrateFile", "DeclaredOutput", "RunFacts", "StepFacts", "Tool"]


@dataclass(frozen=True, slots=True)
class Action:
    """One action for a step: an attempt, a cache hit (`cached_from`), or a person's work (`who`).

    Times are UTC, ISO 8601 to the millisecond. `error` is empty for success. `used` holds wall_s, cpu_s and
    peak_memory_bytes as far as they were measured, `image` the digest that ran. Each artifact of `outputs` has a
    logical path below the run.
    """

    number: int
    started: str
    ended: str
    error: str = ""
    exit_code: int | None = None
    host: str = ""
    runtime: str = ""
    executor: str = ""
    native_id: str = ""
    used: Mapping[str, float] = field(default_factory=dict)
    image: str | None = None
    outputs: tuple[Artifact, ...] = ()
    cached_from: str = ""
    who: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """What the steps of a stage run: the command or script in the spec, and the image (`name:tag`, digest)."""

    name: str
    template: str
    interpreter: str
    image: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step that was started: `stage` is the path of its stage, such as `map/fit`; `inputs` are files by digest."""

    id: str
    stage: str
    tool: Tool
    parameters: Any
    state: str
    reason: str
    inputs: tuple[Artifact, ...]
    actions: tuple[Action, ...]


@dataclass(frozen=True, slots=True)
class CrateFile:
    """A file of the crate: its path there, and where its bytes come from (a path, or the bytes themselves)."""

    path: str
    digest: str
    size: int
    about: str
    source: Path | bytes = field(compare=False)


@dataclass(frozen=True, slots=True)
class DeclaredOutput:
    """A declared result, with the digests of its files."""

    name: str
    title: str
    digests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run that has ended. `stages` are all stages of the spec by path, in order; `files` are the crate's files.

    `warnings` must be shown at the top, `cite` is what to cite (`recast.results.cite`), the paper first; nothing for a
    run without a version: the software is in the crate anyway.
    """

    request: RunOrder
    state: str
    reason: str
    started: str
    ended: str
    stages: tuple[str, ...]
    steps: tuple[StepFacts, ...]
    outputs: tuple[DeclaredOutput, ...]
    files: tuple[CrateFile, ...]
    license: str = ""
    warnings: tuple[str, ...] = ()
    cite: tuple[Mapping[str, str], ...] = ()
