"""From jobs to arrays that the engine has: packed, written down, submitted, and tried again while it refuses."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path

from recast.errors import CredentialsProblem, ExecutorError, NotFound, RecastError, RuntimeUnavailable, UsageError
from recast.executors.batch.folder import ArrayFolder, write_array
from recast.executors.batch.input_staging import InputStaging
from recast.executors.batch.ledger import Ledger, queued
from recast.executors.batch.polling import Patience
from recast.executors.batch.system import Array, BatchSystem, Refused
from recast.executors.batch.task import NodeImage, TaskContext, task_of
from recast.executors.bundle import build_worker
from recast.executors.ended import unable
from recast.jobs import ContainerJob, FailureClass
from recast.json_types import JsonDict
from recast.paths import places

__all__ = ["Submission", "pack"]


def pack(jobs: Iterable[ContainerJob], most: int) -> Iterator[tuple[ContainerJob, ...]]:
    """Yield groups of at most `most` jobs, each of one image, one set of resources, needs and wishes, in order.

    An engine asks for one machine for a whole array, so nothing in it may want another one than its neighbours.
    """
    groups: dict[object, list[ContainerJob]] = {}
    for job in jobs:
        key = (job.image, job.resources, job.needs, job.network, job.avoid_hosts, job.wishes)
        group = groups.setdefault(key, [])
        group.append(job)
        if len(group) == most:
            yield tuple(groups.pop(key))
    for group in groups.values():
        yield tuple(group)


COMPANY_S = 0.3
"""How long a job waits for others to share its array; each new one makes it wait again, up to `MOST_COMPANY_S`."""

MOST_COMPANY_S = 2.0

_FOR_GOOD = (UsageError, RuntimeUnavailable, NotFound, ImportError)
"""What no later try would change; the last is a Python here that is broken, or lacks an extra."""

ImageOf = Callable[[str], NodeImage]


class Submission:
    """The way of jobs into the engine. `submitted` hears of each array that got there."""

    def __init__(
        self,
        engine: BatchSystem,
        ledger: Ledger,
        arrays: Path,
        around: TaskContext,
        afar: InputStaging,
        image_of: ImageOf | None,
        submitted: Callable[[], None],
        python: str = "python3",
    ) -> None:
        self._engine = engine
        self._ledger = ledger
        self._arrays = arrays
        self._around = around
        self._afar = afar
        self._image_of = image_of
        self._submitted = submitted
        self._python = python
        self._queue: list[ContainerJob] = []
        self._arrived = asyncio.Event()
        self._images: dict[str, NodeImage] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self.trouble = ""
        """Why the newest submission was not taken, while it is tried again; empty if there is none such."""
        self._sleep: Callable[[float], Awaitable[object]] = asyncio.sleep

    def add(self, jobs: Sequence[ContainerJob]) -> None:
        """Queue jobs."""
        self._queue.extend(jobs)
        self._arrived.set()

    def drop(self, job_ids: set[str]) -> None:
        """Forget jobs that have not gone into an array yet."""
        self._queue = [job for job in self._queue if job.job_id not in job_ids]

    async def run(self) -> None:
        """Submit what comes, until cancelled."""
        try:
            while True:
                await self._company()
                jobs, self._queue = self._queue, []
                for digest in dict.fromkeys(job.image for job in jobs):
                    self._start([job for job in jobs if job.image == digest])
        finally:
            for task in self._under_way:
                task.cancel()

    async def _company(self) -> None:
        """Wait for a first job, and then until no more come or enough are there."""
        await self._arrived.wait()
        until = asyncio.get_running_loop().time() + MOST_COMPANY_S
        while len(self._queue) < self._engine.traits.array_size and asyncio.get_running_loop().time() < until:
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), COMPANY_S)
            except TimeoutError:
                break
        self._arrived.clear()

    def _start(self, jobs: list[ContainerJob]) -> None:
        """Submit jobs of one image; others need not wait until it is there."""
        task = asyncio.create_task(self._submit_all(jobs))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _submit_all(self, jobs: list[ContainerJob]) -> None:
        try:
            image = await self._image(jobs[0].image)
            for group in pack(jobs, self._engine.traits.array_size):
                await self._submit(group, image)
        except Exception as problem:  # whatever it is, no job must wait for ever
            left = [job for job in jobs if job.job_id not in self._ledger.place]
            words = _words(problem) if isinstance(problem, RecastError) else f"{type(problem).__name__}: {problem}"
            failure = FailureClass.SPEC if isinstance(problem, _FOR_GOOD) else FailureClass.INFRASTRUCTURE
            self._give_up(left, failure, words)

    async def _image(self, digest: str | None) -> NodeImage | None:
        if digest is None:
            return None
        if self._image_of is None:
            raise ExecutorError("The jobs have an image, but no container runtime was chosen")
        if digest not in self._images:
            self._images[digest] = await asyncio.to_thread(self._image_of, digest)
        return self._images[digest]

    async def _submit(self, group: tuple[ContainerJob, ...], image: NodeImage | None) -> None:
        wanted = tuple(job for job in group if not self._ledger.known[job.job_id].state.final)
        if not wanted:
            return
        await asyncio.to_thread(self._afar.prepare, wanted)
        folder = self._arrays / f"recast-{self._arrays.parent.name[-24:]}-{os.urandom(4).hex()}"
        tasks = await asyncio.to_thread(self._tasks, wanted, image)
        worker = build_worker(places().cache_dir / "worker", small=not self._engine.traits.shared_files)
        written = await asyncio.to_thread(write_array, folder, [job.job_id for job in wanted], tasks, worker)
        array = Array(folder.name, folder, wanted, self._command(folder), self._files(folder, wanted), _avoided(wanted))
        native_id = await self._accepted(array)
        if native_id is not None:
            await self._enter(written, native_id)

    def _tasks(self, jobs: Sequence[ContainerJob], image: NodeImage | None) -> list[JsonDict]:
        return [task_of(job, image, self._around, self._afar.for_node(job)) for job in jobs]

    async def _enter(self, written: ArrayFolder, native_id: str) -> None:
        """Take in a submitted array; jobs that were cancelled while it was under way are cancelled there too."""
        await asyncio.to_thread(written.note_native, native_id)
        unwanted = []
        self._ledger.adopt(written, native_id)
        for index, job_id in enumerate(written.job_ids):
            own = self._engine.native_id(native_id, index)
            if self._ledger.known[job_id].state.final:
                unwanted.append(own)
            else:
                self._ledger.report(queued(job_id, own))
        if unwanted:
            await self._engine.cancel(unwanted)
        self._submitted()

    async def _accepted(self, array: Array) -> str | None:
        """Return the engine's id of an array; None if it will not have it, which the jobs' statuses then say."""
        try:
            return await self._insist(array)
        except CredentialsProblem as problem:
            self._give_up(array.jobs, FailureClass.AUTHENTICATION, _words(problem))
        except Refused as problem:
            self._give_up(array.jobs, problem.failure, _words(problem))
        except ExecutorError as problem:
            self._give_up(array.jobs, FailureClass.SUBMISSION, _words(problem))
        return None

    async def _insist(self, array: Array) -> str:
        """Submit an array, again and again while the engine cannot take it.

        A submission of which it is not sure whether it came through is looked up by name before it is tried again.
        """
        patience, is_sure = Patience(), True
        while True:
            try:
                if not is_sure:
                    found = await self._engine.find({array.name: array.folder})
                    if array.name in found:
                        return found[array.name]
                    is_sure = True
                native_id = await self._engine.submit(array)
                self.trouble = ""
                return native_id
            except ExecutorError as problem:
                is_sure = isinstance(problem, Refused)
                pause_s = patience.pause()
                if pause_s is None or (isinstance(problem, Refused) and problem.failure is not FailureClass.SUBMISSION):
                    raise
                self.trouble = _words(problem)
                await self._sleep(pause_s)

    def _give_up(self, jobs: Sequence[ContainerJob], failure: FailureClass, why: str) -> None:
        for job in jobs:
            self._ledger.report(unable(job.job_id, failure, why))

    def _command(self, folder: Path) -> tuple[str, ...]:
        traits = self._engine.traits
        where = f"{folder}/" if traits.shared_files else ""
        options = ("--log-on-stdout",) if traits.shows_stdout else ()
        return (self._python, f"{where}worker.pyz", "node", *options, f"{where}tasks" if where else ".")

    def _files(self, folder: Path, jobs: Sequence[ContainerJob]) -> tuple[tuple[Path, ...], ...]:
        if self._engine.traits.shared_files:
            return ()
        token = "" if self._engine.traits.outcomes_by_name else self._around.store_token
        always = [folder / "worker.pyz", *([Path(token)] if token else [])]
        return tuple(
            (*always, folder / "tasks" / f"{index}.json", *self._afar.carried(job)) for index, job in enumerate(jobs)
        )


def _avoided(jobs: Sequence[ContainerJob]) -> tuple[str, ...]:
    return jobs[0].avoid_hosts


def _words(problem: RecastError) -> str:
    return ": ".join(part for part in (problem.what, problem.why) if part)
