"""ContainerJob: what a step becomes on an executor. The same JSON for every executor; versioned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from recast.jobs.wishes import NO_WISHES, Wishes
from recast.json_types import JsonDict, JsonObject

__all__ = ["JOB_SCHEMA_VERSION", "RUN_ROOT", "Artifact", "Bind", "ContainerJob", "OutputPattern", "Resources"]

JOB_SCHEMA_VERSION = 1

_LINKS = re.compile(r"(?:[0-9]{1,4} )*[0-9]{1,4}")

RUN_ROOT = "/recast/run"
"""Where every job sees its run: `/recast/run/<scope>/<step>`, whatever the host, run id or executor."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job may use: cores, MB (10^6 bytes) of memory and disk, seconds of wall time, whole GPUs."""

    cpus: float = 1.0
    memory_mb: int = 2000
    disk_mb: int = 10_000
    walltime_s: int = 6 * 3600
    gpus: int = 0

    def as_json(self) -> JsonDict:
        """Return the resources as a JSON object."""
        return {
            "cpus": self.cpus,
            "memory_mb": self.memory_mb,
            "disk_mb": self.disk_mb,
            "walltime_s": self.walltime_s,
            "gpus": self.gpus,
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Resources:
        """Read resources back; what is not there has its default, what is not known here is left out."""
        return cls(**{name: data[name] for name in cls.__slots__ if name in data})


@dataclass(frozen=True, slots=True)
class Bind:
    """A folder or file of the node, `source`, that a container sees at `target`: by the user's word, never a spec's.

    Both are absolute and normal paths. `is_file` tells what is mounted, for runtimes that make the mount point first.
    """

    source: str
    target: str
    writable: bool = False
    is_file: bool = False

    def as_json(self) -> JsonDict:
        """Return the bind as a JSON object."""
        return {"source": self.source, "target": self.target, "writable": self.writable, "is_file": self.is_file}

    def __str__(self) -> str:
        return f"{self.source}:{self.target}" + (":rw" if self.writable else "")


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file by content: `path` is where a job sees it (logical), `digest` is `sha256:<hex>`, `size` in bytes.

    `links` says of the file that a step left how many parts long the linked folders are that its name leads through,
    such as `1 3`: patterns with `**` do not walk through them.
    """

    path: str
    digest: str
    size: int
    executable: bool = False
    links: str = ""

    def as_json(self) -> JsonDict:
        """Return the artifact as a JSON object."""
        body = {"path": self.path, "digest": self.digest, "size": self.size, "executable": self.executable}
        return {**body, "links": self.links} if self.links else body

    @classmethod
    def from_json(cls, data: JsonObject) -> Artifact:
        """Read an output of a step back, which anybody may have written; raise TypeError or ValueError if it is none.

        Its path leads nowhere but below the step's folder.
        """
        found = cls(**data)
        kinds = [type(value) for value in (found.path, found.digest, found.size, found.executable, found.links)]
        if kinds != [str, str, int, bool, str] or not _LINKS.fullmatch(found.links or "0"):
            raise TypeError(f"an output is of another kind: {found!r:.80}")
        parts = found.path.split("/")
        if parts[0] == "" or ".." in parts or "\0" in found.path:
            raise ValueError(f"an output is called {found.path!r:.80}")
        if "/" in found.digest:
            raise ValueError(f"the output {found.path!r:.80} has the digest {found.digest!r:.80}")
        return found


@dataclass(frozen=True, slots=True)
class OutputPattern:
    """Files to keep, relative to the work directory: a path, a folder (its whole tree) or a glob.

    A `required` one that matches nothing fails the job.
    """

    pattern: str
    required: bool = True

    def as_json(self) -> JsonDict:
        """Return the pattern as a JSON object."""
        return {"pattern": self.pattern, "required": self.required}


@dataclass(frozen=True, slots=True)
class ContainerJob:
    """One job. Exactly one of `command` (run by `sh -c`) and `script` (fed to `interpreter` on stdin) is set.

    `image` is a manifest digest `sha256:<hex>`, or None for a process on the host.
    `workdir` and the inputs' paths are logical (below `RUN_ROOT`); inputs are read-only.
    `texts` are small read-only files made for this job: path -> content. The paths are logical or, in a container,
    any absolute path. `needs` are what the site must have: `cvmfs`, `grid-proxy`, `kerberos`. `avoid_hosts` are nodes
    where it should not run again; an engine that cannot choose its nodes ignores them. `binds` are what a container
    sees of its node besides. `wishes` are what only some executors can grant.
    """

    job_id: str
    image: str | None
    command: str | None
    script: str | None
    interpreter: str
    workdir: str
    cwd: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[Artifact, ...] = ()
    outputs: tuple[OutputPattern, ...] = ()
    resources: Resources = Resources()
    network: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    avoid_hosts: tuple[str, ...] = ()
    binds: tuple[Bind, ...] = ()
    wishes: Wishes = NO_WISHES

    @property
    def mounted_texts(self) -> tuple[str, ...]:
        """The paths of texts that lie outside of the run, sorted: each is mounted by itself."""
        return tuple(sorted(path for path in self.texts if not path.startswith(RUN_ROOT + "/")))

    def as_json(self) -> JsonDict:
        """Return the job as a JSON object of schema version `JOB_SCHEMA_VERSION`."""
        return {
            "version": JOB_SCHEMA_VERSION,
            "job_id": self.job_id,
            "image": self.image,
            "command": self.command,
            "script": self.script,
            "interpreter": self.interpreter,
            "workdir": self.workdir,
            "cwd": self.cwd,
            "env": dict(self.env),
            "inputs": [artifact.as_json() for artifact in self.inputs],
            "outputs": [output.as_json() for output in self.outputs],
            "resources": self.resources.as_json(),
            "network": self.network,
            "texts": dict(self.texts),
            "needs": list(self.needs),
            "avoid_hosts": list(self.avoid_hosts),
            "binds": [bind.as_json() for bind in self.binds],
            **({"wishes": self.wishes.as_json()} if self.wishes else {}),
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> ContainerJob:
        """Read a job back; raise ValueError for another schema version."""
        if data["version"] != JOB_SCHEMA_VERSION:
            raise ValueError(f"job schema version {data['version']}, this is {JOB_SCHEMA_VERSION}")
        return cls(
            job_id=data["job_id"],
            image=data["image"],
            command=data["command"],
            script=data["script"],
            interpreter=data["interpreter"],
            workdir=data["workdir"],
            cwd=data["cwd"],
            env=dict(data["env"]),
            inputs=tuple(Artifact(**item) for item in data["inputs"]),
            outputs=tuple(OutputPattern(**item) for item in data["outputs"]),
            resources=Resources.from_json(data["resources"]),
            network=data["network"],
            texts=dict(data.get("texts", {})),
            needs=tuple(data.get("needs", ())),
            avoid_hosts=tuple(data.get("avoid_hosts", ())),
            binds=tuple(Bind(**item) for item in data.get("binds", ())),
            wishes=Wishes.from_json(data.get("wishes", {})),
        )
