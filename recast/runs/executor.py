"""The executor of a run: this machine, or a batch system by its name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from recast.engine import RunPlan
from recast.executors.protocol import Executor
from recast.executors.registry import executor_class
from recast.paths import Places
from recast.prepare.preflight import has_containers
from recast.rundir import RunOrder
from recast.runs.images import Images, image_preparer
from recast.runs.node_images import check_ways, node_images
from recast.runs.open_run import OpenRun
from recast.runtimes import Runtime
from recast.site import this_site

__all__ = ["check_nodes", "engine_values", "make_executor"]

_ON_NODES = ("apptainer", "bubblewrap", "podman")


def make_executor(live: OpenRun, places: Places, parallel: int, images: Images) -> Executor:
    """Return the executor that a run's request names, not started; raise UsageError or RuntimeUnavailable."""
    if live.request.executor == "local":
        return _local(live, places, parallel, images)
    return _batch(live, places, images)


def check_nodes(request: RunOrder, plan: RunPlan, image_store: Path) -> None:
    """Raise UsageError, or RuntimeUnavailable if nodes of the request's batch system cannot get the run's images."""
    if request.executor == "local" or not has_containers(plan.workflow):
        return
    values = _values(request)
    traits = executor_class(request.executor)(values).traits
    images = Images(plan.workflow, plan.pins, image_store, lambda _: None, plan.overrides.images)
    check_ways(images, request.executor, values, traits.shared_files, this_site().cvmfs)


def _local(live: OpenRun, places: Places, parallel: int, images: Images) -> Executor:
    from recast.executors.local import LocalExecutor

    runtime = _runtime_here(live)
    return LocalExecutor(
        run_dir=live.directory.path,
        store=places.artifact_store,
        max_parallel=parallel,
        runtime=runtime,
        image_of=image_preparer(runtime, places.image_store, images) if runtime else None,
        on_close=images.stop,
        site=this_site(),
    )


def _runtime_here(live: OpenRun) -> Runtime | None:
    """Return what starts the run's containers on this machine, None if it has none."""
    if not has_containers(live.engine.plan.workflow):
        return None
    from recast.prepare.site_rules import runtimes_of
    from recast.runtimes import choose_runtime

    return choose_runtime(live.request.runtime, runtimes_of(live.engine.plan))


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
        store_from_bytes=values["store_from_mb"] * 1_000_000,
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


def engine_values(live: OpenRun) -> Mapping[str, Any]:
    """Return the settings of the run's engine: what the request recorded; secrets, which it did not, from here."""
    return _values(live.request)


def _values(request: RunOrder) -> Mapping[str, Any]:
    from recast.config import load_config
    from recast.executors.values import executor_values

    said = f"request of run {request.run}"
    return executor_values(request.executor, request.executor_settings, os.environ, load_config(), said=said)


def _runtimes(name: str | None, among: Sequence[str]) -> list[Runtime]:
    """Return what may start containers on a node: which of them a node has, only its worker can tell."""
    from recast.runtimes import runtime_by_name

    return [runtime_by_name(each) for each in ([name] if name else (each for each in _ON_NODES if each in among))]


def _absolute(path: Path) -> Path:
    return path.absolute()
