"""GPUs in containers: which runtimes support them, and how Podman names them."""

from __future__ import annotations

from recast.errors import SpecError
from recast.jobs import ContainerJob
from recast.jobs.container_args import memory_shm_mb

__all__ = ["GPU_RUNTIMES", "can_run", "gpu_names", "no_gpus"]

GPU_RUNTIMES = ("apptainer", "podman", "docker")
"""The runtimes that can find a driver's files and devices; bubblewrap cannot."""


def can_run(runtime: str, job: ContainerJob) -> bool:
    """Return whether a runtime has what a job asks of it."""
    if runtime == "apptainer" and memory_shm_mb(job.wishes.container_args) is not None:
        return False  # its /dev/shm is as large as its administrator has said
    return not job.resources.gpus or runtime in GPU_RUNTIMES


def gpu_names(count: int) -> list[str]:
    """Return the flags that give a container of Podman the first `count` GPUs, by the names of the CDI."""
    return [f"--device=nvidia.com/gpu={index}" for index in range(count)]


def no_gpus(runtime: str) -> SpecError:
    """Return the error for a job that needs a GPU with a runtime that does not support GPUs."""
    return SpecError(
        f"{runtime} cannot show a GPU to a container",
        code="runtime.gpu",
        why=f"The job asks for a GPU. These runtimes can: {', '.join(GPU_RUNTIMES)}.",
        next_step=f"--runtime {GPU_RUNTIMES[0]}",
    )
