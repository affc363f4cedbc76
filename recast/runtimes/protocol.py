"""The container runtime protocol: a pure function from a job to an argv, and a probe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from recast.jobs import ContainerJob
from recast.json_types import JsonDict

__all__ = ["Launch", "Probe", "Runtime", "Sandbox"]


@dataclass(frozen=True, slots=True)
class Sandbox:
    """The host's side of one attempt.

    `image` is what the runtime starts: an unpacked root folder (bubblewrap), a SIF file or sandbox folder
    (Apptainer), an image id in the engine's own storage (Podman, Docker).
    `work` is the attempt's work folder, shown read-write at `job.workdir`.
    `inputs` is a folder that mirrors `/recast/run` with the staged inputs, shown read-only at `/recast/run`; it
    holds an empty folder where `job.workdir` is mounted.
    `texts` is a folder with the job's mounted texts by number: `0` is shown at `job.mounted_texts[0]`, and so on.
    `cvmfs` and `credentials` are the site's folders for jobs that need them, empty if it has none. `secrets` is the
    folder with the files of the user's secrets.
    """

    image: str
    work: str
    inputs: str
    texts: str = ""
    cvmfs: str = ""
    credentials: str = ""
    secrets: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """All that the worker has to know to run one container.

    `argv` starts it in the foreground. `own_limits`: the engine holds memory, cpu and process limits itself;
    otherwise the worker's control group does. `reports_begin`: the runtime writes a JSON line with `exit-code` to
    file descriptor 3 once the payload ended, and none if it never began.
    `term`: who is asked to end at the walltime: the processes `inside`, `all`, or the `client`, which passes it on.
    `cleanup` removes the container whatever state it is in; `inspect` prints `<out of memory> <time of start>`.
    `groups` prints who makes the engine's control groups and their version: where that is systemd, and version 2, the
    container gets a slice of its own.
    """

    argv: tuple[str, ...]
    own_limits: bool = False
    reports_begin: bool = False
    term: Literal["all", "inside", "client"] = "all"
    cleanup: tuple[str, ...] = ()
    inspect: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    def as_json(self, name: str) -> JsonDict:
        """Return the `runtime` entry of a worker's task."""
        return {
            "name": name,
            "argv": list(self.argv),
            "cgroup": not self.own_limits,
            "status": self.reports_begin,
            "term": self.term,
            "cleanup": list(self.cleanup),
            "inspect": list(self.inspect),
            "groups": list(self.groups),
        }


@dataclass(frozen=True, slots=True)
class Probe:
    """Whether a runtime can be used here, what was found, and the one line that fixes it.

    `missing`: it is not installed, which says less of what is wrong here than a runtime that is there and fails.
    """

    ok: bool
    found: str
    fix: str = ""
    missing: bool = False


class Runtime(Protocol):
    """A container runtime."""

    @property
    def name(self) -> str:
        """Return the runtime's name as on the command line."""

    def argv(self, job: ContainerJob, sandbox: Sandbox) -> list[str]:
        """Return the argv that runs the job's payload in its container; pure."""

    def launch(self, job: ContainerJob, sandbox: Sandbox) -> Launch:
        """Return the argv together with how the worker has to treat it; pure."""

    def cleanup(self, job_id: str) -> list[str]:
        """Return the argv that removes a job's container if it is still there; empty if none can be."""

    def probe(self, *, trusted: bool = False) -> Probe:
        """Try whether the runtime starts a container on this machine.

        `trusted`: it did so within the hour, so one whose trial is `costly` may leave the trial out.
        """
