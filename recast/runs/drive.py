"""Drive a run: combine executor, runtime, images, stores and engine, and continue from the run's current state."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from recast.counted import counted
from recast.driver import Driver, ImageDefaults
from recast.driver.remake import lost_outputs
from recast.engine import Engine
from recast.engine.events import CancelRequested, Event, JobGone, RunCreated, RunEnded, RunResumed, event_to_json
from recast.errors import StoreError
from recast.executors.protocol import Executor
from recast.jobs import FailureClass, StepState
from recast.journal import Journal, Record, RunLock
from recast.paths import Places
from recast.prepare.site_rules import check_again
from recast.prepare.startable import check_startable
from recast.prepare.whose_spec import is_strangers
from recast.rundir import RunDirectory, now
from recast.runs.collect_results import gather_results
from recast.runs.executor import make_executor
from recast.runs.images import Images
from recast.runs.intact import check_spec
from recast.runs.open_run import OpenRun, open_run, policy_of
from recast.runs.workfiles import is_from_before_boot, put_back
from recast.spec.jsonable import read_json
from recast.store import ArtifactStore, StepCache

__all__ = ["cancel_idle", "check_resumable", "drive", "resettable"]

Watch = Callable[[Engine, Executor], None]
Say = Callable[[str], None]


def drive(
    directory: RunDirectory,
    places: Places,
    watch: Watch,
    *,
    reset: Sequence[str] | None = None,
    say: Say = lambda _: None,
) -> OpenRun:
    """Drive a run to its end and return it; raise Interrupted, RunLocked or an InfrastructureError.

    What would prevent its containers from starting is raised before anything of the run is changed. `reset` names the
    steps to retry; None means all that failed or were cancelled. A run that has succeeded continues only if output
    files of its steps are missing or damaged. `say` is called with messages about what takes long before a step can
    start, such as pulling images.
    """
    was_off = is_from_before_boot(directory)
    with RunLock(directory.lock):
        request = directory.request()
        parallel = request.max_parallel or len(os.sched_getaffinity(0))
        live = open_run(directory, policy_of(request, parallel))
        _check(live)
        journal = Journal(directory.journal)
        store = ArtifactStore(places.artifact_store)
        cache = StepCache(store, request.cache_room) if request.use_cache else None
        try:
            _reopen(live, journal, resettable(live.engine) if reset is None else reset)
            if (live.engine.state == "succeeded" and reset is None) or (live.engine.state == "running" and was_off):
                _make_again(live, journal, store, cache)
            if live.seen:
                _put_back(live, store, was_off, say)
            if live.engine.state == "running":
                plan = live.engine.plan
                images = Images(
                    plan.workflow,
                    plan.pins,
                    places.image_store,
                    say,
                    plan.overrides.images,
                    strangers=is_strangers(live.request, places.catalogue_store),
                )
                executor = make_executor(live, places, parallel, images, say)
                _driver(live, journal, store, cache, executor, _image_defaults(images), watch, say).drive()
        finally:
            journal.close()
            if cache is not None:
                cache.close()
        return live


def check_resumable(directory: RunDirectory) -> None:
    """Raise what would prevent resuming a run; nothing is changed."""
    _check(open_run(directory))


def _check(live: OpenRun) -> None:
    """Raise what prevents resuming an unfinished run: an edited spec, the site's rules, no runtime."""
    if live.engine.state == "succeeded" or live.engine.cancelling:
        return
    request, plan = live.request, live.engine.plan
    check_spec(live.directory, request)
    check_again(plan, request.executor, request.runtime, request.executor_settings)
    check_startable(plan, request.executor, request.runtime)


def resettable(engine: Engine) -> list[str]:
    """Return the steps that `resume` retries: failed, lost and cancelled ones."""
    again = (StepState.FAILED, StepState.LOST, StepState.CANCELLED)
    return [step for step, run in engine.runs.items() if run.state in again]


def cancel_idle(directory: RunDirectory, places: Places) -> None:
    """Cancel a run that no process drives, including its jobs in a batch system.

    Raises ExecutorError or CredentialsProblem if the batch system cannot be contacted; the next driver will then cancel
    the jobs.
    """
    live = open_run(directory)
    if live.request.executor == "local" or not live.engine.in_flight:
        _cancel_here(directory)
        return
    with RunLock(directory.lock):
        journal = Journal(directory.journal)
        _append(journal, [CancelRequested(now())])
        journal.close()
    drive(directory, places, lambda engine, executor: None, reset=())


def _cancel_here(directory: RunDirectory) -> None:
    with RunLock(directory.lock):
        live = open_run(directory)
        if live.engine.state not in ("created", "running"):
            return
        gone = [
            JobGone(now(), job, FailureClass.CANCELLED, "cancelled by the user", counted=False)
            for job in live.engine.in_flight
        ]
        journal = Journal(directory.journal)
        _append(journal, [CancelRequested(now()), *gone, RunEnded(now(), "cancelled", "cancelled by the user")])
        journal.close()


def _reopen(live: OpenRun, journal: Journal, reset: Sequence[str]) -> None:
    """Record in engine and journal that the run starts, or is reopened after its end; interrupted runs need neither."""
    event: Event
    if live.engine.state == "created":
        event = RunCreated(now(), live.request.run)
    elif live.engine.state in ("failed", "cancelled"):
        event = RunResumed(now(), tuple(reset))
    else:
        return
    _append(journal, [event])
    live.engine.handle(event)


def _make_again(live: OpenRun, journal: Journal, store: ArtifactStore, cache: StepCache | None) -> None:
    """Reset the steps whose files are missing or damaged, in a run that has succeeded or was interrupted."""
    if cache is not None:  # its stamps avoid reading unchanged files
        ran = [run for run in live.engine.runs.values() if run.outcome is not None or run.cached_from is not None]
        cache.look_up([key for run in ran if (key := live.engine.key_of(run))])
    lost = lost_outputs(live.engine, store)
    if lost:
        check_startable(live.engine.plan, live.request.executor, live.request.runtime)
        events: list[Event] = [*([RunResumed(now(), ())] if live.engine.state != "running" else []), *lost]
        _append(journal, events)
        live.engine.restore(events)


def _put_back(live: OpenRun, store: ArtifactStore, was_off: bool, say: Say) -> None:
    """Restore what is missing or wrong in `work/` after a power cut or a manual change."""
    try:
        fixed = put_back(live, store, read=was_off)
    except OSError as problem:
        next_step = "check the disk, then resume the run: nothing is lost"
        raise StoreError.of(problem, "Files of the run cannot be restored", live.directory.work, next_step) from problem
    if fixed:
        say(f"restored   {counted(len(fixed), 'file')} in {live.directory.work} from the store, such as {fixed[0]}")


def _append(journal: Journal, events: Sequence[Event]) -> None:
    journal.append([Record(*event_to_json(event)) for event in events])


def _driver(
    live: OpenRun,
    journal: Journal,
    store: ArtifactStore,
    cache: StepCache | None,
    executor: Executor,
    image_defaults: Callable[[str], ImageDefaults],
    watch: Watch,
    say: Say,
) -> Driver:
    return Driver(
        directory=live.directory,
        engine=live.engine,
        journal=journal,
        executor=executor,
        store=store,
        cache=cache,
        parse=read_json,
        image_defaults=image_defaults,
        gather=lambda engine, state: gather_results(live, store, state),
        watch=watch,
        say=say,
    )


def _image_defaults(images: Images) -> Callable[[str], ImageDefaults]:
    from functools import cache

    @cache
    def look(digest: str) -> ImageDefaults:
        config = images.config(digest)
        workdir = config.workdir if config.workdir not in ("", "/") else None
        return ImageDefaults(config.env, workdir)

    return look
