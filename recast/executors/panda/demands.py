"""What jobs ask for that PanDA's pilot cannot give them, and where it gets their image."""

from __future__ import annotations

import json
from pathlib import Path

from recast.errors import ExecutorError
from recast.executors.batch.system import Array, Refused
from recast.executors.panda.choices import Choices
from recast.jobs import ContainerJob, FailureClass
from recast.jobs.container_args import pilot_words

__all__ = ["check_demands", "image_of"]

_OWN = "let RECAST's worker start the container, where sites allow that: --panda-mode own"


def check_demands(array: Array, choices: Choices) -> None:
    """Raise Refused for jobs that need what only our own worker can mount, where the pilot starts the container."""
    if choices.mode != "pilot":
        if any(job.wishes.secrets for job in array.jobs):
            raise Refused(
                "RECAST's worker has no secrets on a node of PanDA",
                failure=FailureClass.SPEC,
                where=array.name,
                why="PanDA hands a user's secrets to its pilot.",
                next_step="--panda-mode pilot",
            )
        return
    for job in array.jobs:
        lack = _lack(job, choices)
        if lack:
            raise Refused(
                "PanDA's pilot cannot start a job as it is",
                failure=FailureClass.SPEC,
                where=job.job_id,
                why=lack,
                next_step=_OWN,
            )


def _lack(job: ContainerJob, choices: Choices) -> str:
    if job.image is None:
        return "it has no image: a pilot runs our payloads in containers only"
    if job.binds or job.mounted_texts:
        return "it has binds or files outside of its run, which nobody can mount for it"
    credentials = sorted(set(job.needs) - {"cvmfs"})
    if credentials:
        return f"it needs {', '.join(credentials)}, which the pilot does not hand to a container"
    if "cvmfs" in job.needs and "--nocvmfs" in choices.container_args:
        return "it needs CVMFS, and container_args has --nocvmfs"
    try:
        pilot_words(job.wishes.container_args)
    except ValueError as problem:
        return str(problem)
    return ""


def image_of(folder: Path) -> str:
    """Return `registry/repository@sha256:...` of an array's image, from its first task; raise Refused without one."""
    try:
        task = json.loads((folder / "tasks/0.json").read_bytes())
    except (OSError, ValueError) as problem:
        raise ExecutorError("A task cannot be read", where=f"{folder}/tasks/0.json", why=str(problem)) from problem
    image = task.get("image") or {}
    for source in image.get("sources") or ():
        if source.get("kind") == "registry":
            name = str(source["reference"]).partition("@")[0]
            return f"{_without_tag(name)}@{image['digest']}"
    raise Refused(
        "PanDA's pilot has no way to the image of a job",
        failure=FailureClass.SPEC,
        where=str(image.get("digest")),
        why="It starts images from registries, by digest, and this one is in none that is known.",
        next_step="name a registry that nodes reach: --panda-image-registry HOST/REPOSITORY; it is pushed there once",
    )


def _without_tag(name: str) -> str:
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}"
