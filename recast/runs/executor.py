"""The executor of a run: this machine, or a batch system by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from recast.engine import RunPlan
from recast.executors.protocol import Executor
from recast.executors.registry import executor_class
from recast.json_types import JsonObject
from recast.paths import Places
from recast.prepare.preflight import has_containers
from recast.prepare.startable import ON_NODES, check_startable, runtime_here
from recast.rundir import RunOrder
from recast.runs.images import Images, image_preparer
from recast.runs.node_images import check_ways, node_images
from recast.runs.open_run import OpenRun
from recast.runtimes import Runtime
from recast.site import this_site

__all__ = ["check_nodes", "engine_values", "make_executor"]


def make_executor(
    live: OpenRun, places: Places, parallel: int, images: Images, say: Callable[[str], None] = lambda _: None
) -> Executor:
    """Return the executor that a run's request names, not started; raise UsageError or RuntimeUnavailable.

    `say` is called with lines for the user.
    """
    if live.request.executor == "local":
        return _local(live, places, parallel, images, say)
    return _batch(live, places, images)


def check_nodes(request: RunOrder, plan: RunPlan, image_store: Path) -> None:
    """Raise UsageError, or RuntimeUnavailable if nodes of the request's batch system cannot get the run's images, or,
    on this machine, if no runtime can start its containers.
    """
    check_startable(plan, request.executor, request.runtime)
    if request.executor == "local" or not has_containers(plan.workflow):
        return
    values = _values(request)
    traits = executor_class(request.executor)(values).traits
    images = Images(plan.workflow, plan.pins, image_store, lambda _: None, plan.overrides.images)
    check_ways(images, request.executor, values, traits.shared_files, this_site().cvmfs)


def _local(live: OpenRun, places: Places, parallel: int, images: Images, say: Callable[[str], None]) -> Executor:
    from recast.executors.local import LocalExecutor

    runtime = runtime_here(live.engine.plan, live.request.runtime)
    return LocalExecutor(
        run_dir=live.directory.path,
        store=places.artifact_store,
        max_parallel=parallel,
        runtime=runtime,
        image_of=image_preparer(runtime, places.image_store, images, images.making) if runtime else None,
        on_close=images.stop,
        site=this_site(),
        say=say,
    )


def _batch(live: OpenRun, places: Places, images: Images) -> Executor:
    from recast.executors.batch.executor import BatchExecutor
    from recast.executors.batch.task import TaskContext
    from recast.executors.prestart import end_early
    from recast.prepare.site_rules import runtimes_of

    end_early()
    values = engine_values(live)
    engine = executor_class(live.request.executor)(values)
    shared, site = engine.traits.shared_files, this_site()
    around = TaskContext(
        jobs=str(_absolute(live.directory.jobs)) if shared else "",
        store=str(_absolute(places.artifact_store)) if shared else "",
        runtimes=_runtimes(live.request.runtime, runtimes_of(live.engine.plan)),
        site=site,
        node={"cache": values["node_cache"], "cache_mb": values["node_cache_mb"], "wait_s": values["image_wait_s"]},
        store_url=values["store_url"],
        store_token=values["store_token_file"],
        store_from_bytes=0 if engine.traits.outcomes_by_name else values["store_from_mb"] * 1_000_000,
        outcomes_by_name=engine.traits.outcomes_by_name,
        token_secret=values.get("store_token_secret") or "",
    )
    return BatchExecutor(
        engine,
        run_dir=live.directory.path,
        store=places.artifact_store,
        around=around,
        image_of=node_images(images, places.image_store, values, shared, site.cvmfs),
        on_close=images.stop,
        python=values["python"],
        grace_s=values["grace_s"],
    )


def engine_values(live: OpenRun) -> JsonObject:
    """Return the settings of the run's executor: those in the request, and secrets, which it does not record, from this
    machine.
    """
    return _values(live.request)


def _values(request: RunOrder) -> JsonObject:
    from recast.config import load_config
    from recast.executors.values import executor_values

    said = f"request of run {request.run}"
    return executor_values(request.executor, request.executor_settings, os.environ, load_config(), said=said)


def _runtimes(name: str | None, among: Sequence[str]) -> list[Runtime]:
    """Return the runtimes that may start containers on a node; only the worker there can tell which ones exist."""
    from recast.runtimes import runtime_by_name

    return [runtime_by_name(each) for each in ([name] if name else (each for each in ON_NODES if each in among))]


def _absolute(path: Path) -> Path:
    return path.absolute()
