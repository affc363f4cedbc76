"""Jobs on a batch system: one class for all of them, with an engine inside that knows its commands."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from pathlib import Path

from recast.errors import ExecutorError, RecastError
from recast.executors.batch.by_name import NamedOutcomes
from recast.executors.batch.folder import ArrayFolder, read_arrays
from recast.executors.batch.input_staging import InputStaging
from recast.executors.batch.ledger import Ledger, queued
from recast.executors.batch.outputs import believed, bring_in
from recast.executors.batch.submission import ImageOf, Submission
from recast.executors.batch.system import BatchSystem
from recast.executors.batch.task import TaskContext
from recast.executors.batch.watch import GRACE_S, Watch
from recast.executors.ended import settled
from recast.executors.protocol import Capabilities, JobStatus, Receipt
from recast.jobs import ContainerJob, FailureClass, JobState
from recast.store import ArtifactStore
from recast.store.remote_store import RemoteStore

__all__ = ["BatchExecutor"]

_MOST_PEEK_BYTES = 1 << 20
_CANCEL_AGAIN_S = 0.2
_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class BatchExecutor:
    """Runs jobs through a batch engine. Jobs outlive the driver and are found again by their array's name.

    `run_dir` gets `jobs/<job id>` for each attempt and `arrays/<name>` for each submission; `store` is the root of the
    content-addressed store. `image_of` says how a node gets at an image; it may take its time: it is called in a
    thread, once a digest. `on_close` is called first when the executor is closed, so that `image_of` ends soon.
    """

    def __init__(
        self,
        engine: BatchSystem,
        run_dir: Path,
        store: Path,
        around: TaskContext,
        image_of: ImageOf | None = None,
        on_close: Callable[[], None] = lambda: None,
        python: str = "python3",
        grace_s: float = GRACE_S,
    ) -> None:
        self._engine = engine
        self._jobs = Path(run_dir).absolute() / "jobs"
        self._arrays = Path(run_dir).absolute() / "arrays"
        self._store = ArtifactStore(Path(store).absolute())
        self._on_close = on_close
        self._ledger = Ledger()
        url = "" if engine.traits.shared_files else around.store_url
        far = RemoteStore(url, around.store_token) if url else None
        self._named = NamedOutcomes(far, self._jobs) if far and engine.traits.outcomes_by_name else None
        if engine.traits.outcomes_by_name:
            grace_s = engine.traits.outcome_grace_s
        self._far = far
        self._watch = Watch(engine, self._ledger, self._jobs, self._store, grace_s, far, self._named)
        self._submission = Submission(
            engine,
            self._ledger,
            self._arrays,
            around,
            InputStaging(self._store, far, around.store_from_bytes, self._named is not None),
            image_of,
            self._watch.hurry,
            python,
        )
        self._earlier: frozenset[str] = frozenset()
        self._tasks: list[asyncio.Task[None]] = []
        self.name = engine.name
        self.capabilities = Capabilities(pushes=True, outlives_driver=True, arrays=True)

    async def start(self) -> None:
        """Reach the engine; raise ExecutorError or CredentialsProblem if that fails."""
        await self._engine.connect()
        self._jobs.mkdir(parents=True, exist_ok=True)
        self._earlier = frozenset(job_id for array in read_arrays(self._arrays) for job_id in array.job_ids)
        self._tasks = [asyncio.create_task(self._submission.run()), asyncio.create_task(self._watch.run())]

    async def obstacle(self) -> str:
        """Return why nothing can be submitted now, such as credentials that have expired; empty if it can."""
        try:
            await self._engine.connect()
        except RecastError as problem:
            return "\n".join(part for part in (problem.what, problem.why, problem.next_step) if part)
        return ""

    async def peek(self, job_id: str, offset: int) -> bytes | None:
        """Return what a job has written to its log from byte `offset` on; None if that cannot be told."""
        log = self._jobs / job_id / "log"
        if log.exists():
            return await asyncio.to_thread(_tail, log, offset)
        status = self._ledger.known.get(job_id)
        if status is None or status.native_id is None or status.state.final:
            return None
        return await self._engine.peek(status.native_id, offset)

    @property
    def next_look(self) -> float | None:
        """Return when the engine will be asked again, in seconds since the epoch; None while nothing is there."""
        return self._watch.next_look

    @property
    def trouble(self) -> str:
        """Return why the engine could not be asked, or would not take jobs, last time; empty if all is well."""
        return self._watch.trouble or self._submission.trouble

    async def submit(self, jobs: Sequence[ContainerJob]) -> list[Receipt]:
        """Queue jobs for the next arrays; the native id of each comes later, with a status."""
        receipts = [self._accept(job) for job in jobs]
        taken = {receipt.job_id for receipt in receipts if receipt.failure is None}
        self._submission.add([job for job in jobs if job.job_id in taken])
        return receipts

    def _accept(self, job: ContainerJob) -> Receipt:
        problem = ""
        if not _JOB_ID.fullmatch(job.job_id):
            problem = f"{job.job_id!r} cannot be the name of a folder"
        elif job.job_id in self._ledger.known or job.job_id in self._earlier:
            problem = f"job {job.job_id} was submitted before"
        if problem:
            return Receipt(job.job_id, None, FailureClass.SUBMISSION, problem)
        self._ledger.known[job.job_id] = queued(job.job_id)
        return Receipt(job.job_id, None)

    async def changes(self) -> AsyncIterator[list[JobStatus]]:
        """Yield batches of changed statuses; raise what a task of ours died of."""
        news: asyncio.Task[list[JobStatus]] | None = None
        try:
            while True:
                news = asyncio.create_task(self._ledger.news())
                done, _ = await asyncio.wait([news, *self._tasks], return_when=asyncio.FIRST_COMPLETED)
                if news not in done:
                    await next(iter(done))
                    raise ExecutorError("The executor was closed")
                yield news.result()
        finally:
            if news is not None:
                news.cancel()

    # jobs of an earlier driver --------------------------------------------------------------------------------

    async def status(self, job_ids: Sequence[str]) -> list[JobStatus]:
        """Return what is known of jobs; those of an earlier driver are found by their arrays, and watched from now on.

        Raises ExecutorError or CredentialsProblem if the engine cannot be asked: nothing is known then.
        """
        strange = [job_id for job_id in job_ids if job_id not in self._ledger.known]
        if strange:
            await self._find(set(strange))
        return [self._ledger.known[job_id] for job_id in job_ids]

    async def _find(self, wanted: set[str]) -> None:
        """Take in jobs of an earlier driver: from the disk if they have ended, else from the engine."""
        for status in await asyncio.to_thread(self._on_disk, wanted):
            self._ledger.known[status.job_id] = status
        missing = wanted - self._ledger.known.keys()
        arrays = [array for array in read_arrays(self._arrays) if missing.intersection(array.job_ids)]
        found = await self._engine.find({array.name: array.path for array in arrays}) if arrays else {}
        for array in arrays:
            if array.name in found:
                self._adopt(array, found[array.name], missing)
        for status in await asyncio.to_thread(self._at_store, wanted - self._ledger.known.keys()):
            self._ledger.known[status.job_id] = status
        unheard = sorted(wanted - self._ledger.known.keys())
        submitted = {job_id for array in arrays for job_id in array.job_ids if array.native}
        for status in await asyncio.to_thread(self._unheard_of, unheard, submitted):
            self._ledger.known[status.job_id] = status
        await self._watch.look()
        self._watch.hurry()

    def _on_disk(self, wanted: set[str]) -> list[JobStatus]:
        """Return the statuses of those jobs whose outcomes are home."""
        ends = []
        for job_id in wanted:
            try:
                outcome = believed(self._jobs / job_id, self._store)
            except ValueError:
                continue  # if the engine still has it, it may be brought home again
            if outcome is not None:
                ends.append(settled(JobStatus(job_id, JobState.DONE, None, outcome, host=outcome.host)))
        return ends

    def _at_store(self, job_ids: set[str]) -> list[JobStatus]:
        """Return the statuses of jobs that the engine has forgotten and whose outcomes are at the store.

        Raises ExecutorError if that cannot be told: nothing is known of the jobs then.
        """
        if self._named is None or not job_ids:
            return []
        untold = self._named.bring(job_ids)
        if untold:
            raise ExecutorError(
                "The outcomes of jobs cannot be looked for",
                where=min(untold),
                why="the store behind store_url does not answer",
                next_step="recast resume RUN, when it can be reached",
            )
        for job_id in job_ids:
            with suppress(ValueError):
                bring_in(self._jobs / job_id, self._store, self._far)
        return self._on_disk(job_ids)

    def _adopt(self, array: ArrayFolder, native_id: str, missing: set[str]) -> None:
        submitted = self._ledger.adopt(array, native_id)
        for index, job_id in enumerate(array.job_ids):
            if job_id in missing:
                self._ledger.known[job_id] = queued(job_id, self._engine.native_id(native_id, index))
            else:
                submitted.over.add(index)

    def _unheard_of(self, job_ids: Sequence[str], submitted: set[str]) -> list[JobStatus]:
        """Return the statuses of jobs that the engine does not know: lost, or never submitted; runs in a thread.

        On a shared disk their folders are taken, so that one that turns up late cannot begin.
        """
        statuses = []
        for job_id in job_ids:
            began = self._watch.began(job_id)
            if began or job_id in submitted:
                reason = f"{self.name} does not know it any more, and it left no outcome"
            else:
                reason = "it was never submitted: the driver ended before"
            counted = began or job_id in submitted
            statuses.append(JobStatus(job_id, JobState.LOST, reason=reason, counted=counted))
        return statuses

    # the end --------------------------------------------------------------------------------------------------

    async def cancel(self, job_ids: Sequence[str]) -> None:
        """Stop jobs; when this returns the engine was told, and none of them counts any more."""
        wanted = self._ledger.open(job_ids)
        self._submission.drop(set(wanted))
        native_ids = [known.native_id for j in wanted if (known := self._ledger.known[j]).native_id is not None]
        if native_ids:
            await self._engine.cancel(native_ids)
        for job_id in wanted:
            native_id = self._ledger.known[job_id].native_id
            reason = "cancelled" if native_id else "cancelled before it was submitted"
            self._ledger.report(JobStatus(job_id, JobState.CANCELLED, native_id, reason=reason))

    async def close(self) -> None:
        """Let go of the engine; jobs go on, and the next driver finds them."""
        self._on_close()
        await _end(self._tasks)
        await self._watch.close()
        await self._engine.close()


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel tasks until they are done: Python 3.11's wait_for swallows a cancellation that comes as it returns."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN_S)


def _tail(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(_MOST_PEEK_BYTES)
