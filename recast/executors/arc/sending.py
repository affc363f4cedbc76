"""From an array to jobs that have all of their files: created in few calls, noted, then sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from recast.executors.arc.answers import Creation, facts
from recast.executors.arc.element import ComputingElement, size_bytes_of
from recast.executors.arc.index import Index, note
from recast.executors.arc.states import UNSENT
from recast.executors.arc.xrsl import Wish, describe, job_name, together
from recast.executors.batch.system import Array, Refused
from recast.executors.command import gather
from recast.jobs import FailureClass

__all__ = ["create", "discard_unsent", "send", "send_missing", "send_rest", "wishes"]

_MOST_DESCRIPTION_BYTES = 4 << 20
"""A-REX takes 5 MB (`maxjobdesc`)."""

_NEVER = re.compile(r"queue|not allowed for this user|parse|description|unsupported|invalid|runtime ?environment", re.I)


def wishes(array: Array, queue: str, runtime_environments: Sequence[str], margin_s: int) -> list[Wish]:
    """Return what each job of an array is to be.

    Raises ExecutorError for a file that cannot be read, Refused for jobs that nobody has said the way to a GPU.
    """
    if array.jobs[0].resources.gpus and not (queue or runtime_environments):
        raise Refused(
            "A computing element cannot be asked for a GPU",
            failure=FailureClass.SPEC,
            where=array.jobs[0].job_id,
            why="sites give GPUs by a queue or by a runtime environment of their own",
            next_step="name it: --arc-queue NAME, or --arc-runtime-environments NAME",
        )
    return [
        Wish(
            name=job_name(array.name, index),
            # A node finds it where its user does.
            argv=("/usr/bin/env", *array.command, str(index)),
            inputs=[(path.name, size_bytes_of(path)) for path in array.files[index]],
            cpus=job.resources.cpus,
            memory_mb=job.resources.memory_mb,
            disk_mb=job.resources.disk_mb,
            walltime_s=job.resources.walltime_s + margin_s,
            queue=queue,
            runtime_environments=runtime_environments,
        )
        for index, job in enumerate(array.jobs)
    ]


async def create(element: ComputingElement, wanted: Sequence[Wish]) -> list[str]:
    """Create jobs that wait for their files; return their ids. Raises Refused if any was not taken: then none is."""
    made: list[Creation] = []
    for part in _parts(_descriptions(element, wanted)):
        made += await element.create(together(part), len(part))
    jobs = [creation.job for creation in made if creation.job]
    if len(jobs) == len(wanted) == len(made):
        return jobs
    await _discard(element, jobs)
    why = next((creation.reason for creation in made if not creation.job), "fewer jobs were made than asked for")
    is_final = bool(_NEVER.search(why))
    raise Refused(
        "The computing element does not take the jobs",
        failure=FailureClass.SPEC if is_final else FailureClass.SUBMISSION,
        where=element.endpoint,
        why=why,
        next_step="arcinfo -c <its name> tells its queues and limits; set queue of arc" if is_final else "",
    )


def _descriptions(element: ComputingElement, wanted: Sequence[Wish]) -> list[str]:
    try:
        return [describe(wish) for wish in wanted]
    except ValueError as problem:
        raise Refused(
            "The jobs cannot be described to a computing element",
            failure=FailureClass.SPEC,
            where=element.endpoint,
            why=str(problem),
            next_step="recast executors ls tells where each setting of arc comes from",
        ) from problem


async def send(element: ComputingElement, folder: Path, index: Index, at_a_time: int) -> None:
    """Upload the files of each job and note that it is done."""
    await gather(
        (
            element.put(job, Path(name).name, Path(name))
            for job, names in zip(index.jobs, index.files, strict=True)
            for name in names
        ),
        at_a_time,
    )
    await asyncio.to_thread(note, folder, index.done())


async def send_rest(element: ComputingElement, folder: Path, index: Index, at_a_time: int) -> None:
    """Upload what an earlier driver did not get to send, and note that it is done."""
    waiting = await element.states(UNSENT)
    files = zip(index.jobs, index.files, strict=True)
    await gather((send_missing(element, job, names) for job, names in files if job in waiting), at_a_time)
    await asyncio.to_thread(note, folder, index.done())


async def send_missing(element: ComputingElement, job: str, files: Sequence[str]) -> int:
    """Upload those files of a job that waits for them which the computing element has not whole; return how many.

    What is there whole must not be sent again: a job that starts meanwhile would find it half written. A-REX says a
    file is there once it has been so; a request that came from a driver as it was killed may have emptied it since.
    """
    there = _names(await element.diagnose(job, "input_status"))
    missing = [path for path in map(Path, files) if path.name not in there or not await _is_whole(element, job, path)]
    for path in missing:
        await element.put(job, path.name, path)
    return len(missing)


async def _is_whole(element: ComputingElement, job: str, path: Path) -> bool:
    return await element.size_bytes(job, path.name) == size_bytes_of(path)


async def discard_unsent(element: ComputingElement, arrays: set[str], known: set[str], at_a_time: int) -> None:
    """Drop jobs of arrays that we have no note of: they wait for files that nobody will send."""
    strange = sorted(await _all_unsent(element) - known)
    texts = await gather((element.diagnose(job, "local") for job in strange), at_a_time)
    names = {job: facts(text).get("jobname", "") for job, text in zip(strange, texts, strict=True)}
    await _discard(element, [job for job, name in names.items() if name.rpartition(".")[0] in arrays])


async def _all_unsent(element: ComputingElement) -> set[str]:
    """Return the jobs that wait for files.

    A-REX lists its folders one after another, so one list lacks a job that it moves meanwhile: it is asked until it
    names no other.
    """
    seen = set(await element.states(UNSENT))
    while others := set(await element.states(UNSENT)) - seen:
        seen |= others
    return seen


def _names(input_status: str) -> set[str]:
    return {line.strip().lstrip("/") for line in input_status.splitlines()}


async def _discard(element: ComputingElement, jobs: Sequence[str]) -> None:
    if jobs:
        await element.act("kill", jobs)
        await element.act("clean", jobs)


def _parts(descriptions: Sequence[str]) -> Iterator[list[str]]:
    """Yield the descriptions in parts that A-REX takes in one go."""
    part: list[str] = []
    size_bytes = 0
    for text in descriptions:
        if part and size_bytes + len(text.encode()) > _MOST_DESCRIPTION_BYTES:
            yield part
            part, size_bytes = [], 0
        part.append(text)
        size_bytes += len(text.encode()) + 2
    yield part
