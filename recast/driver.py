"""The driver: does what the engine commands, and tells it what came of it.

One rule orders everything: events are on the disk before anything they announce is done. They are gathered and
written in one transaction right before the executor is called, or after a moment: an outcome that is not written yet
is found again by the job's token.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recast.engine import Engine
from recast.engine import events as ev
from recast.engine.commands import Ask, Cancel, Command, End, Fail, LookUp, Submit
from recast.errors import Interrupted, PersonNeeded, RecastError
from recast.executors.protocol import Executor, JobStatus
from recast.jobs import RUN_ROOT, ContainerJob, FailureClass, JobState, Outcome
from recast.journal import Journal, Record
from recast.rundir import RunDirectory, now
from recast.store import ArtifactStore, CachedStep, StepCache
from recast.workflow import Step, instructions_of
from recast.workflow.publish import document_path

__all__ = ["Driver", "ImageDefaults", "taken_from_cache"]

FLUSH_AFTER_S = 0.05
"""How long events may wait for company before they are written."""

MOST_DOCUMENT_BYTES = 16 << 20
"""A YAML result larger than this is refused: it goes into the journal and into memory."""


_FLUSH = "flush"


@dataclass(frozen=True, slots=True)
class ImageDefaults:
    """What an image's own configuration adds to a job: environment variables and the working directory."""

    env: Mapping[str, str]
    workdir: str | None


@dataclass(frozen=True, slots=True)
class Driver:
    """Everything that one run needs while it is driven.

    `parse` reads a YAML document that a step left; `image_defaults` looks into an image by digest; `gather` collects
    the declared results of a run that succeeded and raises ResultError; `watch` is called after every change.
    """

    directory: RunDirectory
    engine: Engine
    journal: Journal
    executor: Executor
    store: ArtifactStore
    cache: StepCache | None
    parse: Callable[[bytes, str], Any]
    image_defaults: Callable[[str], ImageDefaults]
    gather: Callable[[Engine], None]
    watch: Callable[[Engine], None]

    def drive(self) -> None:
        """Drive the run to its end; raise Interrupted if the user stops the driver (the run can be resumed)."""
        asyncio.run(_Drive(self).run())


class _Drive:
    """The moving parts of one drive: the inbox and the events that are not written yet."""

    def __init__(self, driver: Driver) -> None:
        self.d = driver
        self.inbox: asyncio.Queue[Sequence[JobStatus] | str | BaseException] = asyncio.Queue()
        self.unwritten: list[ev.Event] = []
        self.remember: list[CachedStep] = []
        self._flush_timer: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        engine, executor = self.d.engine, self.d.executor
        loop = asyncio.get_running_loop()
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
        for number in handled:
            loop.add_signal_handler(number, self.inbox.put_nowait, signal.Signals(number).name)
        pump: asyncio.Task[None] | None = None
        try:
            await executor.start()
            pump = asyncio.create_task(self._pump(executor.changes()))
            await self._recover()
            while engine.state == "running":
                if not await self._act(engine.commands()):
                    self.d.watch(engine)
                    self._take(await self.inbox.get())
                    while not self.inbox.empty():
                        self._take(self.inbox.get_nowait())
            self._flush()
            self.d.watch(engine)
        finally:
            if pump is not None:
                pump.cancel()
            await executor.close()
            for number in handled:
                loop.remove_signal_handler(number)

    # what comes in --------------------------------------------------------------------------------------------

    async def _pump(self, changes: AsyncIterator[list[JobStatus]]) -> None:
        try:
            async for batch in changes:
                self.inbox.put_nowait(batch)
        except RecastError as problem:
            self.inbox.put_nowait(problem)

    def _take(self, item: Sequence[JobStatus] | str | BaseException) -> None:
        if isinstance(item, BaseException):
            self._flush()
            raise item
        if item == _FLUSH:
            self._flush()
            return
        if isinstance(item, str):
            self._signalled(item)
            return
        newest = {status.job_id: status for status in item}
        for status in newest.values():
            self._take_status(status)

    def _signalled(self, name: str) -> None:
        if name == "SIGUSR1":
            self._record(ev.CancelRequested(now()))
            return
        self._flush()
        run = self.d.engine.plan.run
        raise Interrupted(
            "Interrupted; the run can go on later",
            where=f"run {run}",
            why="Running jobs were stopped; finished steps are kept.",
            next_step=f"recast resume {run}",
        )

    def _take_status(self, status: JobStatus) -> None:
        run = self.d.engine.in_flight.get(status.job_id)
        if run is None:
            return
        if status.state is JobState.RUNNING and status.native_id:
            self._record(ev.JobStarted(now(), status.job_id, status.native_id))
        elif status.state is JobState.DONE:
            self._job_ended(status)
        elif status.state is JobState.LOST:
            self._record(ev.JobGone(now(), status.job_id, FailureClass.LOST, status.reason))
        elif status.state is JobState.CANCELLED:
            self._record(ev.JobGone(now(), status.job_id, FailureClass.CANCELLED, status.reason))

    def _job_ended(self, status: JobStatus) -> None:
        run, outcome = self.d.engine.in_flight[status.job_id], status.outcome
        assert outcome is not None
        document = None
        if outcome.succeeded:
            try:
                document = self._document(run.step, status.job_id, outcome)
            except RecastError as problem:
                message = f"{problem.what}: {problem.why or problem.where}"
                outcome = replace(outcome, failure=FailureClass.USER, message=message)
        step = run.step
        self.d.directory.link_work(step.directory[len(RUN_ROOT) + 1 :], status.job_id)
        self._record(ev.JobEnded(now(), status.job_id, outcome, document))
        if step.finished and run.key and self.d.cache is not None:
            source = f"{self.d.engine.plan.run} {step.id}"
            self.remember.append(CachedStep(run.key, outcome.outputs, document, source))

    def _document(self, step: Step, job_id: str, outcome: Outcome) -> Any:
        path = document_path(step)
        if path is None:
            return None
        digest = next(artifact.digest for artifact in outcome.outputs if artifact.path == path)
        content = self.d.store.read(digest, MOST_DOCUMENT_BYTES)
        if outcome.image is None:
            # A process on the host saw the real folders, and may have written them down.
            attempt = f"{self.d.directory.jobs}/{job_id}"
            content = content.replace(f"{attempt}/work".encode(), step.directory.encode())
            content = content.replace(f"{attempt}/in".encode(), RUN_ROOT.encode())
        return self.d.parse(content, path)

    # what goes out --------------------------------------------------------------------------------------------

    async def _act(self, commands: list[Command]) -> bool:
        """Carry out commands; say whether the engine should be asked again at once."""
        self._look_up([command for command in commands if isinstance(command, LookUp)])
        for command in commands:
            if isinstance(command, Fail):
                self._record(ev.StepFailed(now(), command.step, FailureClass.SPEC, command.reason))
            elif isinstance(command, Cancel):
                self._flush()
                await self.d.executor.cancel(command.job_ids)
            elif isinstance(command, Ask):
                self._flush()
                raise _asks(self.d.engine, command.steps)
            elif isinstance(command, End):
                self._end(command)
        await self._submit([command for command in commands if isinstance(command, Submit)])
        return any(isinstance(command, (LookUp, Fail, End)) for command in commands)

    def _look_up(self, asked: list[LookUp]) -> None:
        if not asked:
            return
        found = self.d.cache.look_up([command.key for command in asked]) if self.d.cache else {}
        for command in asked:
            hit = found.get(command.key)
            if hit is None:
                self.d.engine.not_cached(command.step)
                continue
            self._record(taken_from_cache(command.step, hit, now()))
            self._show_cached(command.step)

    def _show_cached(self, step_id: str) -> None:
        step = self.d.engine.runs[step_id].step
        folder = f"{self.d.directory.work}/{step.directory[len(RUN_ROOT) + 1 :]}"
        self.d.store.lay_out(step.outputs.values(), folder)

    async def _submit(self, commands: list[Submit]) -> None:
        if not commands:
            return
        jobs: list[ContainerJob] = []
        for command in commands:
            resources = command.job.resources
            intent = ev.SubmitIntended(
                now(),
                command.step,
                command.job.job_id,
                command.attempt,
                command.reason,
                resources.memory_mb,
                resources.walltime_s,
            )
            self._record(intent)
            jobs.append(self._with_image_defaults(command.job))
        self._flush(cache_too=False)
        for receipt in await self.d.executor.submit(jobs):
            if receipt.failure is not None:
                self._record(ev.JobGone(now(), receipt.job_id, receipt.failure, receipt.message))
            elif receipt.native_id is not None and self.d.executor.capabilities.outlives_driver:
                self._record(ev.JobAccepted(now(), receipt.job_id, receipt.native_id))

    def _with_image_defaults(self, job: ContainerJob) -> ContainerJob:
        if job.image is None:
            return job
        defaults = self.d.image_defaults(job.image)
        return replace(job, env={**defaults.env, **job.env}, cwd=job.cwd or defaults.workdir)

    def _end(self, command: End) -> None:
        state, reason = command.state, command.reason
        if state == "succeeded":
            try:
                self.d.gather(self.d.engine)
            except RecastError as problem:
                state, reason = "failed", "\n".join(filter(None, (problem.what, problem.where, problem.why)))
        self._record(ev.RunEnded(now(), state, reason))

    # the journal ----------------------------------------------------------------------------------------------

    def _record(self, event: ev.Event) -> None:
        if self._flush_timer is None:
            loop = asyncio.get_running_loop()
            self._flush_timer = loop.call_later(FLUSH_AFTER_S, self.inbox.put_nowait, _FLUSH)
        self.unwritten.append(event)
        self.d.engine.handle(event)

    def _flush(self, *, cache_too: bool = True) -> None:
        """Write the events, and unless it may wait for the timer, what the cache is to remember."""
        if self.unwritten:
            self.d.journal.append([Record(*ev.event_to_json(event)) for event in self.unwritten])
            self.unwritten.clear()
        if self.remember and not cache_too:
            return
        if self._flush_timer is not None:
            self._flush_timer.cancel()
            self._flush_timer = None
        if self.remember and self.d.cache is not None:
            self.d.cache.add(self.remember)
            self.remember.clear()

    async def _recover(self) -> None:
        """Ask the executor what became of the jobs of an earlier driver, before anything is submitted."""
        open_jobs = list(self.d.engine.in_flight)
        if not open_jobs:
            return
        outlives = self.d.executor.capabilities.outlives_driver
        for status in await self.d.executor.status(open_jobs):
            if status.state is JobState.LOST:
                event = ev.JobGone(now(), status.job_id, FailureClass.LOST, status.reason, counted=outlives)
                self._record(event)
            else:
                self._take_status(status)
        self._flush()


def taken_from_cache(step_id: str, hit: CachedStep, time: float) -> ev.StepCached:
    """Return the event that says that a step is taken from the cache, and from whom."""
    reason = f"same image, command, inputs and environment as {hit.source.replace(' ', ' step ', 1)}"
    return ev.StepCached(time, step_id, hit.key, hit.outputs, hit.document, hit.source, reason)


def _asks(engine: Engine, steps: Sequence[str]) -> PersonNeeded:
    """Return the error that says what a person is to do before the run can go on."""
    run, first = engine.plan.run, steps[0]
    others = f" ({len(steps) - 1} more wait)" if len(steps) > 1 else ""
    return PersonNeeded(
        f"Step {first} is for a person to do{others}",
        where=f"run {run}",
        why=instructions_of(engine.runs[first].step) or "",
        next_step=f"do it, then: recast answer {run} {first} --help",
    )
