"""What a container runtime is to us: a pure function from a job to an argv, and a probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recast.jobs import ContainerJob

__all__ = ["Probe", "Runtime", "Sandbox"]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The host's side of one attempt.

    `image` is what the runtime starts: an unpacked root folder (bubblewrap), a SIF file or sandbox folder
    (Apptainer), an image id in the engine's own storage (Podman, Docker).
    `work` is the attempt's work folder, shown read-write at `job.workdir`.
    `inputs` is a folder that mirrors `/recast/run` with the staged inputs, shown read-only at `/recast/run`; it
    holds an empty folder where `job.workdir` is mounted.
    """

    image: str
    work: str
    inputs: str


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a runtime can be used here, what was found, and the one line that mends it."""

    ok: bool
    found: str
    fix: str = ""


class Runtime(Protocol):
    """A container runtime."""

    @property
    def name(self) -> str:
        """Return the runtime's name as on the command line."""

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv that runs the job's payload in its container; pure."""

    def probe(self) -> Probe:
        """Try whether the runtime starts a container on this machine."""
