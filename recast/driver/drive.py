"""The driver: carries out the engine's commands and reports their outcomes to it as events.

The central rule: an event is on the disk before what it announces is done. Events are collected and written in one
transaction right before the executor is called, or after a short delay; an outcome that was not written yet is found
again by the job's token.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from recast.driver import interrupts
from recast.driver.event_log import EventWriter
from recast.driver.interrupts import Interrupts, Obstacle, PauseWatch
from recast.driver.remake import Remake
from recast.driver.status_events import StatusEvents
from recast.driver.touched import Touched
from recast.engine import Engine
from recast.engine import events as ev
from recast.engine.commands import Ask, Cancel, Command, End, Fail, LookUp, Pause, Submit, Take, in_lines
from recast.errors import ArtifactDamaged, CredentialsProblem, ManualStepPending, StoreError
from recast.executors.protocol import Executor, JobStatus
from recast.jobs import RUN_ROOT, ContainerJob, FailureClass, unfit
from recast.journal import Journal
from recast.rundir import RunDirectory, now
from recast.store import ArtifactStore, CachedStep, StepCache
from recast.workflow import instructions_of

__all__ = ["Driver", "ImageDefaults", "taken_from_cache"]

WATCH_EVERY_S = 2.0
"""How often the watcher is called when nothing happens: it shows elapsed times."""

_FLUSH = "flush"
_WAKE = "wake"


@dataclass(frozen=True, slots=True)
class ImageDefaults:
    """What an image's own configuration adds to a job: environment variables and the working directory."""

    env: Mapping[str, str]
    workdir: str | None


@dataclass(frozen=True, slots=True)
class Driver:
    """Everything that one run needs while it is driven.

    `parse` reads a YAML document that a step wrote; `image_defaults` returns the defaults of an image by digest;
    `gather` collects the results of a run that ends in a state, `succeeded` or `failed`, and raises ResultError.
    `watch` is called with engine and executor after every change, and periodically. `say` is called with messages for
    the user.
    """

    directory: RunDirectory
    engine: Engine
    journal: Journal
    executor: Executor
    store: ArtifactStore
    cache: StepCache | None
    parse: Callable[[bytes, str], Any]
    image_defaults: Callable[[str], ImageDefaults]
    gather: Callable[[Engine, str], None]
    watch: Callable[[Engine, Executor], None]
    say: Callable[[str], None] = lambda _: None

    def drive(self) -> None:
        """Drive the run to its end; raise Interrupted if the user stops the driver (the run can be resumed)."""
        asyncio.run(_Drive(self).run())


class _Drive:
    """The state of one drive: the inbox, and the alarm for when nothing comes in."""

    def __init__(self, driver: Driver) -> None:
        self.d = driver
        self.inbox: asyncio.Queue[Sequence[JobStatus] | str | BaseException] = asyncio.Queue()
        self.records = EventWriter(driver.engine, driver.journal, driver.cache, lambda: self.inbox.put_nowait(_FLUSH))
        self.touched = Touched(driver.directory, driver.store)
        self.news = StatusEvents(
            driver.engine, self.records, driver.directory, driver.store, driver.parse, self.touched
        )
        self.pause = PauseWatch(driver.engine, driver.executor, self.inbox.put_nowait)
        self.leaving = Interrupts(driver.engine, driver.executor)
        self.remake = Remake(driver.engine, driver.store, self.records.record)
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0

    async def run(self) -> None:
        engine, executor = self.d.engine, self.d.executor
        loop = asyncio.get_running_loop()
        handled = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
        for number in handled:
            loop.add_signal_handler(number, self.inbox.put_nowait, signal.Signals(number).name)
        pump: asyncio.Task[None] | None = None
        try:
            await self._start()
            pump = asyncio.create_task(self._pump(executor.changes()))
            await self._recover()
            while engine.state == "running":
                engine.tick(now())
                if not await self._act(engine.commands()):
                    self.pause.look()
                    self.d.watch(engine, executor)
                    self._set_alarm()
                    self._take(await self.inbox.get())
                    while not self.inbox.empty():
                        self._take(self.inbox.get_nowait())
            self.records.flush()
            self.d.watch(engine, executor)
        finally:
            self.pause.close()
            if self._alarm is not None:
                self._alarm.cancel()
            if pump is not None:
                pump.cancel()
            await executor.close()
            for number in handled:
                loop.remove_signal_handler(number)

    async def _start(self) -> None:
        """Start the executor; a paused run waits here for new credentials, as it did with its previous driver."""
        while True:
            try:
                await self.d.executor.start()
                return
            except CredentialsProblem as problem:
                if self.d.engine.paused is None:
                    raise
                self.d.say(f"still paused: {problem.what}; {problem.next_step or problem.why}")
            with suppress(TimeoutError):
                name = await asyncio.wait_for(self.inbox.get(), interrupts.ASK_EVERY_S)
                if name == "SIGUSR1":
                    self._take(name)
                self._leave()

    def _set_alarm(self) -> None:
        """Set an alarm for when there may be something to do even if nothing comes in."""
        time = now()
        wishes = (self.d.engine.wake_at, self.pause.wake_at, self.leaving.at)
        wanted = min([time + WATCH_EVERY_S, *(at for at in wishes if at is not None)])
        if self._alarm is not None:
            if time < self._alarm_at <= wanted:
                return
            self._alarm.cancel()
        self._alarm_at = wanted
        delay_s = max(0.0, wanted - time)
        self._alarm = asyncio.get_running_loop().call_later(delay_s, self.inbox.put_nowait, _WAKE)

    # what comes in --------------------------------------------------------------------------------------------

    async def _pump(self, changes: AsyncIterator[list[JobStatus]]) -> None:
        try:
            async for batch in changes:
                self.inbox.put_nowait(batch)
        except Exception as problem:  # whatever the exception, the driver must not wait forever
            self.inbox.put_nowait(problem)

    def _take(self, item: Sequence[JobStatus] | str | BaseException) -> None:
        if isinstance(item, BaseException):
            self.records.flush()
            raise item
        if isinstance(item, Obstacle):
            self._hear_obstacle(item)
        elif item == _FLUSH:
            self.records.flush()
        elif item == _WAKE:
            self._alarm = None
            if self.leaving.at is not None and now() >= self.leaving.at:
                self._leave()
        elif isinstance(item, str):
            self._signalled(item)
        else:
            newest = {status.job_id: status for status in item}
            for status in newest.values():
                self.news.take(status)

    def _hear_obstacle(self, obstacle: Obstacle) -> None:
        paused = self.d.engine.paused
        if paused is None:
            return
        if not obstacle:
            self.records.record(ev.Unpaused(now()))
        elif not paused.obstacle:
            self.records.record(ev.Paused(now(), paused.reason, obstacle))

    def _signalled(self, name: str) -> None:
        words = self.leaving.ctrl_c() if name == "SIGINT" else ""
        if words:
            self.d.say(words)
        if name == "SIGUSR1" or (words and self.leaving.cancels):
            self.records.record(ev.CancelRequested(now()))
        elif not words:
            self._leave()

    def _leave(self) -> None:
        self.records.flush()
        raise self.leaving.goodbye()

    # what goes out --------------------------------------------------------------------------------------------

    async def _act(self, commands: list[Command]) -> bool:
        """Carry out commands; return whether the engine should be asked for commands again at once."""
        self._look_up([command for command in commands if isinstance(command, LookUp)])
        for command in commands:
            if isinstance(command, Take):
                self._copy(command)
            elif isinstance(command, Fail):
                self.records.record(ev.StepFailed(now(), command.step, FailureClass.SPEC, command.reason))
            elif isinstance(command, Cancel):
                self.records.flush()
                await self.d.executor.cancel(command.job_ids)
            elif isinstance(command, Pause):
                self.records.record(ev.Paused(now(), command.reason))
            elif isinstance(command, Ask):
                self.records.flush()
                raise _asks(self.d.engine, command.steps)
            elif isinstance(command, End):
                self._end(command)
        await self._submit([command for command in commands if isinstance(command, Submit)])
        return any(isinstance(command, (LookUp, Take, Fail, Pause, End)) for command in commands)

    def _look_up(self, asked: list[LookUp]) -> None:
        if not asked:
            return
        found = self.d.cache.look_up([command.key for command in asked]) if self.d.cache else {}
        for command in asked:
            hit = found.get(command.key)
            if hit is None:
                self.d.engine.not_cached(command.step)
                continue
            self.records.record(taken_from_cache(command.step, hit, now()))
            self._show_cached(command.step)

    def _copy(self, command: Take) -> None:
        run = self.d.engine.plan.run
        hit = CachedStep(command.key, command.outputs, command.document, f"{run} {command.source}")
        self.records.record(taken_from_cache(command.step, hit, now()))
        self._show_cached(command.step)

    def _show_cached(self, step_id: str) -> None:
        step = self.d.engine.runs[step_id].step
        logical = step.directory[len(RUN_ROOT) + 1 :]
        self.d.store.lay_out(step.outputs.values(), f"{self.d.directory.work}/{logical}")
        self.touched.shown(logical, step.outputs.values())

    async def _submit(self, commands: list[Submit]) -> None:
        if not commands:
            return
        jobs: list[ContainerJob] = []
        for command in await self.remake.with_sound_inputs(commands):
            resources = command.job.resources
            intent = ev.SubmitIntended(
                now(),
                command.step,
                command.job.job_id,
                command.attempt,
                command.reason,
                resources.memory_mb,
                resources.walltime_s,
                command.job.avoid_hosts,
            )
            self.records.record(intent)
            job = self._with_image_defaults(command.job)
            if objection := unfit(job):  # a fault of the image: the step's own values were checked before
                why = f"the image's description: {objection}"
                self.records.record(ev.JobGone(now(), job.job_id, FailureClass.SPEC, why))
            else:
                jobs.append(job)
        self.records.flush(cache_too=False)
        if not jobs:
            return
        for receipt in await self.d.executor.submit(jobs):
            if receipt.failure is not None:
                self.records.record(ev.JobGone(now(), receipt.job_id, receipt.failure, receipt.message))
            elif receipt.native_id is not None and self.d.executor.capabilities.outlives_driver:
                self.records.record(ev.JobAccepted(now(), receipt.job_id, receipt.native_id))

    def _with_image_defaults(self, job: ContainerJob) -> ContainerJob:
        if job.image is None:
            return job
        defaults = self.d.image_defaults(job.image)
        return replace(job, env={**defaults.env, **job.env}, cwd=job.cwd or defaults.workdir)

    def _end(self, command: End) -> None:
        state, reason = command.state, command.reason
        if state != "cancelled":
            try:
                self.d.gather(self.d.engine, state)
            except ArtifactDamaged as problem:
                if self.remake.again(problem.digest):
                    return
                state, reason = "failed", "\n".join((problem.what, problem.where, problem.digest, problem.next_step))
            except StoreError:
                raise  # a fault of the disk, not of the steps' outputs: the run can be resumed
            except Exception as problem:  # whatever the steps wrote, the run has ended
                state, reason = "failed", in_lines(problem)
        self.touched.settle()
        self.records.record(ev.RunEnded(now(), state, reason))

    async def _recover(self) -> None:
        """Ask the executor for the outcome of an earlier driver's jobs, before anything is submitted."""
        open_jobs = list(self.d.engine.in_flight)
        if not open_jobs:
            return
        for status in await self.d.executor.status(open_jobs):
            self.news.take(status)
        self.records.flush()


def taken_from_cache(step_id: str, hit: CachedStep, time: float) -> ev.StepCached:
    """Return the event for a step that is taken from the cache, with the step that produced it."""
    reason = f"same image, command, inputs and environment as {hit.source.replace(' ', ' step ', 1)}"
    return ev.StepCached(time, step_id, hit.key, hit.outputs, hit.document, hit.source, reason)


def _asks(engine: Engine, steps: Sequence[str]) -> ManualStepPending:
    """Return the error that says what a person has to do before the run can continue."""
    run, first = engine.plan.run, steps[0]
    others = f" ({len(steps) - 1} more wait)" if len(steps) > 1 else ""
    return ManualStepPending(
        f"Step {first} has to be done by a person{others}",
        where=f"run {run}",
        why=instructions_of(engine.runs[first].step) or "",
        next_step=f"do it, then: recast answer {run} {first} --help",
    )
