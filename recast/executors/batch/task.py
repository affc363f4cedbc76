"""What the worker on a node is told of one job: the job, where its files are, what may start its container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recast.jobs import ContainerJob
from recast.runtimes.gpus import can_run
from recast.runtimes.protocol import Runtime, Sandbox
from recast.site import Site
from recast.worker.markers import ATTEMPT, IMAGE

__all__ = ["NodeImage", "Surroundings", "files_of", "task_of"]

TASK_VERSION = 1

_HOST: dict[str, Any] = {"name": "host", "argv": None, "cgroup": False}


@dataclass(frozen=True, slots=True)
class NodeImage:
    """How a node gets at an image: `sources` as `recast.worker.nodeimage` reads them, the preferred first."""

    digest: str
    config: str
    sources: tuple[Mapping[str, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """Return the `image` entry of a task, without what is the site's."""
        return {"digest": self.digest, "config": self.config, "sources": [dict(source) for source in self.sources]}


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What tasks are made over: the run's `jobs` folder and the store if nodes see them, runtimes, the site.

    `node` are settings for images on nodes: `cache`, `cache_mb`, `wait_s`. `store_url` names a store that nodes reach
    by themselves, empty if there is none.
    """

    jobs: str
    store: str
    runtimes: Sequence[Runtime]
    site: Site
    node: Mapping[str, Any]
    store_url: str = ""


def task_of(job: ContainerJob, image: NodeImage | None, around: Surroundings) -> dict[str, Any]:
    """Return the task of a job. Empty `attempt_dir` and `store` mean: below the folder in which the job starts."""
    return {
        "version": TASK_VERSION,
        "job": job.as_json(),
        "attempt_dir": f"{around.jobs}/{job.job_id}" if around.jobs else "",
        "store": around.store,
        "store_url": around.store_url,
        "image_digest": job.image,
        "image": {**image.as_json(), **around.node, "mount_points": _mount_points(job)} if image else None,
        "runtimes": {
            runtime.name: _launch(runtime, job, around.site)
            for runtime in around.runtimes
            if can_run(runtime.name, job)
        }
        if image
        else {"host": _HOST},
    }


def files_of(job: ContainerJob, store: Path) -> list[Path]:
    """Return the blobs that a job refers to, each once however many names it has.

    One that the store has not is left out: the worker says which input it was for.
    """
    names = dict.fromkeys(artifact.digest.removeprefix("sha256:") for artifact in job.inputs)
    blobs = (store / "sha256" / name[:2] / name[2:] for name in names)
    return [blob for blob in blobs if blob.is_file()]


def _launch(runtime: Runtime, job: ContainerJob, site: Site) -> dict[str, Any]:
    sandbox = Sandbox(IMAGE, ATTEMPT + "/work", ATTEMPT + "/in", ATTEMPT + "/texts", site.cvmfs, site.credentials)
    return runtime.launch(job, sandbox).as_json(runtime.name)


def _mount_points(job: ContainerJob) -> list[dict[str, str]]:
    from recast.runtimes.payload import lent_files, lent_folders

    files = [{"path": path, "kind": "file"} for path in lent_files(job)]
    return files + [{"path": path, "kind": "folder"} for path in lent_folders(job)]
