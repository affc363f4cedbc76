"""Jobs on this machine: N at once, each in a slot of the worker.

The driver and the slots share two pipes. A task goes to any free slot, its outcome is returned as a line, and no Python
is started per job.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from recast.errors import ExecutorError, ImageError, RecastError, SpecError
from recast.executors.ended import settled, unable
from recast.executors.orphans import end_payloads, look_up
from recast.executors.protocol import Capabilities, JobStatus, Receipt
from recast.executors.secret_files import secret_files
from recast.executors.workerproc import WorkerProcess
from recast.jobs import ContainerJob, FailureClass, JobState, Outcome
from recast.json_types import JsonDict
from recast.paths import places
from recast.runtimes import runtime_by_name, runtime_names
from recast.runtimes.protocol import Runtime, Sandbox
from recast.site import Site
from recast.store import ArtifactStore
from recast.worker.limits.unheld import in_words
from recast.worker.processes.client import REMOVALS, started_by

__all__ = ["LocalExecutor"]

_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_HOST: JsonDict = {"name": "host", "argv": None, "cgroup": False}
_AHEAD = 32
_MOST_PEEK_BYTES = 1 << 20
_WORKER_STARTS = 2


class LocalExecutor:
    """Runs jobs on this machine.

    `run_dir` gets a folder `jobs/<job_id>` for each attempt; `store` is the root of the content-addressed store
    (`sha256/<2>/<62>`). `runtime` starts the jobs that have an image; `image_of` turns an image's digest into the value
    of `Sandbox.image`, and may take long: it is called in a thread, once per digest. `site` says what this machine
    provides to jobs. `on_close` is called first when the executor is closed, so that `image_of` ends soon. `say` is
    called once with lines for the user: which limits the kernel does not enforce here.
    """

    name = "local"
    capabilities = Capabilities(pushes=True, outlives_driver=False)
    next_look = None
    trouble = ""

    def __init__(
        self,
        run_dir: Path,
        store: Path,
        max_parallel: int,
        runtime: Runtime | None = None,
        image_of: Callable[[str], str] | None = None,
        worker_dir: Path | None = None,
        site: Site | None = None,
        on_close: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._say = say
        self._has_told_unheld = False
        self._jobs_dir = Path(run_dir).absolute() / "jobs"
        self._store = str(Path(store).absolute())
        self._artifacts = ArtifactStore(Path(self._store))
        self._may_be_far = (Path(self._store) / "far").is_dir()
        self._parallel = max(1, max_parallel)
        self._runtime = runtime
        self._image_of = image_of
        self._worker_dir = worker_dir or places().cache_dir / "worker"
        self._site = site or Site()
        self._on_close = on_close
        self._worker: WorkerProcess | None = None
        self._starts = 0
        self._known: dict[str, JobStatus] = {}
        self._earlier: frozenset[str] = frozenset()
        self._queue: deque[ContainerJob] = deque()
        self._flying: set[str] = set()
        self._images: dict[str, asyncio.Task[str]] = {}
        self._waiting: set[asyncio.Task[None]] = set()
        self._batch: list[JobStatus] = []
        self._news = asyncio.Event()
        self._landed = asyncio.Event()
        self._broken: ExecutorError | None = None

    @property
    def worker_pid(self) -> int:
        """Return the process id of the worker, 0 if there is none."""
        return self._worker.pid if self._worker else 0

    async def start(self) -> None:
        """Start the worker; raise ExecutorError or StoreError if that fails."""
        try:
            self._jobs_dir.parent.mkdir(parents=True, exist_ok=True)
            self._jobs_dir.mkdir(exist_ok=True)
            self._earlier = frozenset(path.name for path in self._jobs_dir.iterdir())
        except OSError as problem:
            raise ExecutorError(
                "The run's folder cannot be written", where=str(self._jobs_dir), why=str(problem.strerror)
            ) from problem
        await self._start_worker()

    async def _start_worker(self) -> None:
        self._starts += 1
        self._worker = WorkerProcess(self._worker_dir, self._parallel, self._heard, self._worker_ended)
        await self._worker.start()

    async def submit(self, jobs: Sequence[ContainerJob]) -> list[Receipt]:
        """Queue jobs; a receipt's native id is the job id."""
        receipts = [self._accept(job) for job in jobs]
        self._send()
        return receipts

    def _accept(self, job: ContainerJob) -> Receipt:
        problem = self._objection(job)
        if problem:
            return Receipt(job.job_id, None, FailureClass.SUBMISSION, problem)
        self._known[job.job_id] = JobStatus(job.job_id, JobState.QUEUED, job.job_id)
        if not self._has_far(job) and (job.image is None or self._image_is_ready(job.image)):
            self._queue.append(job)
        else:
            task = asyncio.create_task(self._await_what_lacks(job))
            self._waiting.add(task)
            task.add_done_callback(self._waiting.discard)
        return Receipt(job.job_id, job.job_id)

    def _objection(self, job: ContainerJob) -> str:
        if self._broken is not None:
            return str(self._broken)
        if self._worker is None:
            return "the local executor was not started"
        if not _JOB_ID.fullmatch(job.job_id):
            return f"{job.job_id!r} cannot be the name of a folder"
        if job.job_id in self._known or job.job_id in self._earlier:
            return f"job {job.job_id} was submitted before"
        if job.image is not None and (self._runtime is None or self._image_of is None):
            return "the job has an image, but no container runtime was chosen"
        return ""

    def _image_is_ready(self, digest: str) -> bool:
        task = self._images.get(digest)
        return task is not None and task.done() and not task.cancelled() and task.exception() is None

    def _has_far(self, job: ContainerJob) -> bool:
        """Return whether an input is only available at a URL, where a node of a batch system put it."""
        return self._may_be_far and any(self._artifacts.far_url(item.digest) for item in job.inputs)

    async def _await_what_lacks(self, job: ContainerJob) -> None:
        what, failure = "an input is not in the local store", FailureClass.STAGING
        try:
            if self._has_far(job):
                await asyncio.to_thread(self._bring_home, job)
            if job.image is not None:
                what, failure = "the image is not usable", FailureClass.INFRASTRUCTURE
                await self._await_image(job.image)
        except Exception as problem:  # whatever the exception, the job must not wait forever
            why = getattr(problem, "why", "")
            self._report(unable(job.job_id, failure, f"{what}: {problem}" + (f": {why}" if why else "")))
            return
        if self._known[job.job_id].state is JobState.QUEUED:
            self._queue.append(job)
            self._send()

    def _bring_home(self, job: ContainerJob) -> None:
        for item in job.inputs:
            self._artifacts.local(item.digest)

    async def _await_image(self, digest: str) -> None:
        task = self._images.get(digest)
        if task is None or (task.done() and not self._image_is_ready(digest)):
            assert self._image_of is not None
            task = asyncio.create_task(asyncio.to_thread(self._image_of, digest))
            self._images[digest] = task
        await asyncio.shield(task)

    def _send(self) -> None:
        """Send tasks to the worker: a few more than it has slots, so that no slot waits for the driver."""
        while self._queue and self._worker is not None and len(self._flying) < self._parallel + _AHEAD:
            job = self._queue[0]
            try:
                if not self._worker.send(self._task(job), f"{self._jobs_dir}/{job.job_id}.task"):
                    return
                self._flying.add(job.job_id)
            except (SpecError, ImageError, ValueError) as problem:
                self._report(unable(job.job_id, FailureClass.SPEC, str(problem)))
            except OSError as problem:
                self._report(unable(job.job_id, FailureClass.DISK, f"the task cannot be written: {problem.strerror}"))
            except Exception as problem:  # whatever the exception, the job must not wait forever
                why = f"the task cannot be created: {type(problem).__name__}: {problem}"
                self._report(unable(job.job_id, FailureClass.INFRASTRUCTURE, why))
            self._queue.popleft()

    def _task(self, job: ContainerJob) -> JsonDict:
        folder = f"{self._jobs_dir}/{job.job_id}"
        runtime = _HOST
        if job.image is not None:
            assert self._runtime is not None
            image = self._images[job.image].result()
            sandbox = Sandbox(
                image, folder + "/work", folder + "/in", folder + "/texts",
                self._site.cvmfs, self._site.credentials, self._site.secrets,
            )  # fmt: skip
            runtime = self._runtime.launch(job, sandbox).as_json(self._runtime.name)
        return {
            "job": job.as_json(),
            "attempt_dir": folder,
            "store": self._store,
            "stamps": self._artifacts.known.for_worker(item.digest for item in job.inputs),
            "runtime": runtime,
            "image_digest": job.image,
            **secret_files(job, self._site.secrets),
        }

    def _heard(self, events: list[JsonDict]) -> bool:
        """Handle events; return whether the slots have enough to do, so that the next events may be batched."""
        for event in events:
            if "unheld" in event:
                self._tell_unheld(event)
                continue
            if "started" in event:
                job_id = event["started"]
                self._report(JobStatus(job_id, JobState.RUNNING, str(event["pid"])))
                continue
            job_id = event["done"] if "done" in event else event["lost"]
            self._flying.discard(job_id)
            self._report(self._ended(job_id, event))
        self._send()
        self._landed.set()
        return len(self._flying) > 2 * self._parallel

    def _tell_unheld(self, event: JsonDict) -> None:
        if not self._has_told_unheld:  # each slot reports it
            self._has_told_unheld = True
            first, *others = in_words(event["unheld"], event["why"], event["next_step"])
            for line in (f"warning    {first}", *(f"           {other}" for other in others)):
                self._say(line)

    def _ended(self, job_id: str, event: JsonDict) -> JobStatus:
        if "lost" in event:
            return JobStatus(job_id, JobState.LOST, reason=event["reason"])
        if event["outcome"] is None:
            return settled(look_up(job_id, self._jobs_dir / job_id))
        outcome = Outcome.from_json(event["outcome"])
        return settled(JobStatus(job_id, JobState.DONE, job_id, outcome))

    def _report(self, status: JobStatus) -> None:
        self._known[status.job_id] = status
        self._batch.append(status)
        self._news.set()

    async def _worker_ended(self, code: int | str) -> None:
        """Handle the worker's death: its jobs are lost unless they left an outcome. It is restarted once."""
        lost, self._flying, self._worker = self._flying, set(), None
        await asyncio.to_thread(self._clear, lost)
        for job_id in sorted(lost):
            self._report(settled(look_up(job_id, self._jobs_dir / job_id)))
        self._landed.set()
        if self._starts < _WORKER_STARTS:
            try:
                await self._start_worker()
                self._send()
                return
            except RecastError as problem:
                code = f"{code}; it cannot be restarted: {problem}"
        self._broken = ExecutorError(
            "The local worker died and cannot be restarted",
            where=str(self._jobs_dir),
            why=f"its last exit code was {code}; was it killed, or is the machine out of memory?",
            next_step="recast doctor, then recast resume",
        )
        self._news.set()

    def _clear(self, job_ids: Collection[str]) -> set[str]:
        """End all processes and containers of the jobs; return the jobs that still had a process."""
        import subprocess

        found = end_payloads(job_ids)
        for job_id in job_ids:
            argv = self._clean_up_after(job_id)
            for _ in range(REMOVALS if argv else 0):
                with suppress(OSError, subprocess.TimeoutExpired):
                    done = subprocess.run(argv, check=False, capture_output=True, stdin=subprocess.DEVNULL, timeout=60)
                    if done.returncode == 0:
                        break
        return found

    def _clean_up_after(self, job_id: str) -> list[str]:
        """Return the argv that removes a job's container, using the runtime that started it, which may differ from the
        current one.
        """
        name = started_by(f"{self._jobs_dir}/{job_id}")
        if name in runtime_names():
            return runtime_by_name(name).cleanup(job_id)
        return []

    async def changes(self) -> AsyncIterator[list[JobStatus]]:
        """Yield batches of changed statuses as they arrive; raise ExecutorError if the worker cannot be restarted."""
        while True:
            await self._news.wait()
            self._news.clear()
            batch, self._batch = self._batch, []
            if batch:
                yield batch
            if self._broken is not None:
                raise self._broken

    async def status(self, job_ids: Sequence[str]) -> list[JobStatus]:
        """Return the status of jobs; for those of an earlier driver, from its files and /proc.

        A payload of theirs that is still running is ended, since its outcome could not be observed.
        """
        strange = [j for j in job_ids if j not in self._known and _JOB_ID.fullmatch(j)]
        unfinished = [j for j in strange if not (self._jobs_dir / j / "outcome.json").exists()]
        if unfinished:
            await asyncio.to_thread(self._clear, unfinished)
        return [self._known.get(j) or self._earlier_status(j) for j in job_ids]

    def _earlier_status(self, job_id: str) -> JobStatus:
        """Return the status of an earlier driver's job; one that ended with that driver has not used up a try."""
        return replace(settled(look_up(job_id, self._jobs_dir / job_id)), counted=False)

    async def obstacle(self) -> str:
        """Return an empty string: this machine needs no credentials."""
        return ""

    async def peek(self, job_id: str, offset: int) -> bytes | None:
        """Return the log of a job from `offset` on, None if it has not started."""
        try:
            with (self._jobs_dir / job_id / "log").open("rb") as log:
                log.seek(offset)
                return log.read(_MOST_PEEK_BYTES)
        except OSError:
            return None

    async def cancel(self, job_ids: Sequence[str]) -> None:
        """Cancel jobs; when this returns, none of their processes is left."""
        wanted = {j for j in job_ids if j in self._known and not self._known[j].state.final}
        flying = wanted & self._flying
        self._queue = deque(job for job in self._queue if job.job_id not in wanted)
        for job_id in sorted(wanted - flying):
            self._report(JobStatus(job_id, JobState.CANCELLED, reason="cancelled before it started"))
        if self._worker is not None:
            self._worker.cancel(sorted(flying))
        while flying & self._flying:
            self._landed.clear()
            await self._landed.wait()

    async def close(self) -> None:
        """End the worker with all its jobs; jobs that had not ended have no outcome."""
        self._on_close()
        for task in [*self._waiting, *self._images.values()]:
            task.cancel()
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close()
