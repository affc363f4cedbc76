"""What an ARC computing element would be told of jobs, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from recast.executors.arc.xrsl import Wish, describe, job_name
from recast.executors.batch.preview import previewed_arrays
from recast.executors.batch.system import Traits
from recast.executors.settings import words
from recast.jobs import ContainerJob
from recast.json_types import JsonObject

__all__ = ["preview"]


def preview(values: JsonObject, jobs: Sequence[ContainerJob], _: object = None) -> Iterator[tuple[str, str]]:
    """Yield the name of each job, and its description but for its input files, whose sizes nobody knows yet."""
    for array in previewed_arrays(
        jobs, int(values["array_size"]), values.get("python") or "python3", shared_files=False
    ):
        for index, job in enumerate(array.jobs):
            wish = Wish(
                name=job_name(array.name, index),
                argv=("/usr/bin/env", *array.command, str(index)),
                inputs=(),
                cpus=job.resources.cpus,
                memory_mb=job.resources.memory_mb,
                disk_mb=job.resources.disk_mb,
                walltime_s=job.resources.walltime_s + Traits().margin_s,
                queue=values.get("queue") or "",
                runtime_environments=words(values.get("runtime_environments")),
            )
            yield wish.name, describe(wish) + "\n"
