"""The container universe: the pool starts the image, and our worker runs inside of it.

There the worker has no more to mount with than any job, so it does as for a process on the host: logical paths in the
command, the script and the environment become those of the job's own folder.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from recast.executors.batch.system import Array, Refused
from recast.jobs import ContainerJob, FailureClass
from recast.json_types import JsonDict, JsonObject

__all__ = ["inside", "task_inside"]

_RUNTIME: JsonDict = {"name": "htcondor", "argv": None, "cgroup": False}


def task_inside(task: JsonObject, job: ContainerJob) -> JsonDict:
    """Return the task of a worker that runs in the job's image already; pure.

    Raises Refused for a job that needs what only our own worker can mount.
    """
    if job.binds or job.needs or job.mounted_texts:
        raise Refused(
            "In the container universe nothing can be mounted for a job",
            failure=FailureClass.SPEC,
            where=job.job_id,
            why="it has binds, needs of its site, or files outside of its run",
            next_step="leave universe at vanilla: --htcondor-universe vanilla",
        )
    return {**task, "image": None, "runtimes": {"host": _RUNTIME}}


def inside(array: Array) -> Array:
    """Return the array with tasks for workers inside of the image, written below its `engine` folder."""
    folder = array.folder / "engine" / "tasks"
    folder.mkdir(parents=True, exist_ok=True)
    replaced: dict[Path, Path] = {}
    for index, job in enumerate(array.jobs):
        before, after = array.folder / "tasks" / f"{index}.json", folder / f"{index}.json"
        after.write_text(json.dumps(task_inside(json.loads(before.read_bytes()), job)), encoding="utf-8")
        replaced[before] = after
    return replace(array, files=tuple(tuple(replaced.get(path, path) for path in own) for own in array.files))
