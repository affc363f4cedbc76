"""What the worker on a node is told of one job: the job, where its files are, what may start its container."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from recast.executors.secret_files import secret_files
from recast.jobs import ContainerJob
from recast.json_types import JsonDict, JsonObject
from recast.runtimes.gpus import can_run
from recast.runtimes.protocol import Runtime, Sandbox
from recast.site import Site
from recast.store import ArtifactStore
from recast.worker.markers import ATTEMPT, IMAGE

__all__ = ["NodeImage", "TaskContext", "task_of"]

TASK_VERSION = 1

_HOST: JsonDict = {"name": "host", "argv": None, "cgroup": False}


@dataclass(frozen=True, slots=True)
class NodeImage:
    """How a node gets at an image: `sources` as `recast.worker.nodeimage` reads them, the preferred first."""

    digest: str
    config: str
    sources: tuple[JsonObject, ...]

    def as_json(self) -> JsonDict:
        """Return the `image` entry of a task, without what is the site's."""
        return {"digest": self.digest, "config": self.config, "sources": [dict(source) for source in self.sources]}


@dataclass(frozen=True, slots=True)
class TaskContext:
    """What tasks are made over: the run's `jobs` folder and the store if nodes see them, runtimes, the site.

    `node` are settings for the cache of a node: `cache`, `cache_mb`, `wait_s`. `store_url` names a store that nodes
    reach by themselves, empty if there is none; files of `store_from_bytes` and more go by it, and `store_token` is a
    file with a bearer token for it, which rides along unless `outcomes_by_name`: then nodes have what their batch
    system gives them, under the name `token_secret`, and leave outcomes at the store under the names of their jobs.
    """

    jobs: str
    store: str
    runtimes: Sequence[Runtime]
    site: Site
    node: JsonObject
    store_url: str = ""
    store_token: str = ""
    store_from_bytes: int = 0
    outcomes_by_name: bool = False
    token_secret: str = ""

    @property
    def far(self) -> JsonDict | None:
        """The `far` entry of a task; None where nodes see the driver's own store. The token's file rides along."""
        if self.jobs or not self.store_url:
            return None
        token = Path(self.store_token).name if self.store_token and not self.outcomes_by_name else ""
        body = {**self.node, "url": self.store_url, "token": token, "from_bytes": self.store_from_bytes}
        return {**body, "by_name": True, "token_secret": self.token_secret} if self.outcomes_by_name else body


def task_of(
    job: ContainerJob, image: NodeImage | None, around: TaskContext, passes: JsonObject = MappingProxyType({})
) -> JsonDict:
    """Return the task of a job. Empty `attempt_dir` and `store` mean: below the folder in which the job starts.

    `passes` is what was signed for the job at an object store.
    """
    return {
        "version": TASK_VERSION,
        "job": job.as_json(),
        "attempt_dir": f"{around.jobs}/{job.job_id}" if around.jobs else "",
        "store": around.store,
        "stamps": stamps_of(job, around.store),
        "far": {**around.far, **passes} if around.far else None,
        "image_digest": job.image,
        "image": {**image.as_json(), **around.node} if image else None,
        "runtimes": {
            runtime.name: _launch(runtime, job, around.site)
            for runtime in around.runtimes
            if can_run(runtime.name, job)
        }
        if image
        else {"host": _HOST},
        **(secret_files(job, around.site.secrets) if around.jobs else {}),
    }


def stamps_of(job: ContainerJob, store: str) -> dict[str, tuple[int, int]]:
    """Return what nodes that see our store can compare; nothing for others, who hash what they get."""
    return ArtifactStore(Path(store)).known.for_worker(item.digest for item in job.inputs) if store else {}


def _launch(runtime: Runtime, job: ContainerJob, site: Site) -> JsonDict:
    sandbox = Sandbox(
        IMAGE, ATTEMPT + "/work", ATTEMPT + "/in", ATTEMPT + "/texts", site.cvmfs, site.credentials, site.secrets
    )
    return runtime.launch(job, sandbox).as_json(runtime.name)
