"""What PanDA would be told of jobs, to be looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from recast.errors import UsageError
from recast.executors.batch.preview import previewed_arrays
from recast.executors.batch.system import Traits
from recast.executors.panda.choices import Choices
from recast.executors.panda.parameters import SandboxRef, task_parameters
from recast.jobs import ContainerJob
from recast.json_types import JsonObject

__all__ = ["preview"]

_SANDBOX = SandboxRef("jobO.recast-dry-run.tar.gz", "0" * 64)
"""Stands for a sandbox that is not made: its name is drawn by lot, and its checksum follows from that."""


def preview(values: JsonObject, jobs: Sequence[ContainerJob], names: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the name of each task, and its parameters exactly as they are sent, as JSON.

    But for names that are drawn by lot at a submission. Raises UsageError for a setting that is missing.
    """
    choices = Choices.of(values)
    for array in previewed_arrays(jobs, int(values["array_size"]), "python3", shared_files=False):
        image = _image(array.jobs[0], names, values)
        try:
            sent = task_parameters(array.name, array.jobs, image, _SANDBOX, choices, Traits().margin_s)
        except ValueError as problem:
            raise UsageError(str(problem), where="--container-arg", next_step="leave it out") from None
        yield sent["taskName"], json.dumps(sent, indent=1) + "\n"


def _image(job: ContainerJob, names: Mapping[str, str], values: JsonObject) -> str:
    """Return what the pilot would start: the image at the registry for nodes if one is named, else at its own."""
    name = str(values.get("image_registry") or names.get(job.image or "", "")).partition("@")[0]
    host = name.partition("/")[0]
    if "." not in host and ":" not in host:
        raise UsageError(
            "PanDA's pilot has no way to the image",
            where=name or str(job.image),
            why="It starts images from registries, by digest, and this one is in the image store here.",
            next_step="name a registry that nodes reach: --panda-image-registry HOST/REPOSITORY",
        )
    return f"{name}@{job.image}"
