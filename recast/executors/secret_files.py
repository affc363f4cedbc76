"""Where the files of a job's secrets lie, for the worker that takes their contents out of the log."""

from __future__ import annotations

from recast.jobs import ContainerJob
from recast.json_types import JsonDict

__all__ = ["secret_files"]


def secret_files(job: ContainerJob, folder: str) -> JsonDict:
    """Return the `secrets` entry of a task: paths, never contents; nothing for a job without secrets."""
    return {"secrets": [f"{folder}/{it.name}" for it in job.wishes.secrets]} if job.wishes.secrets else {}
