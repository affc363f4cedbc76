"""Check whether containers of a run can be started, before anything of the run exists or is changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

from recast.engine import RunPlan
from recast.errors import RuntimeUnavailable
from recast.machine.packages import install_here
from recast.prepare.preflight import has_containers
from recast.prepare.site_rules import runtimes_of
from recast.runtimes import Runtime, choose_runtime, runtime_by_name
from recast.site import this_site

__all__ = ["ON_NODES", "check_startable", "runtime_here"]

ON_NODES = ("apptainer", "bubblewrap", "podman")
"""The runtimes that the worker can use on a node of a batch system, the preferred one first."""

_SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")

Say = Callable[[str], None]

_chosen: dict[tuple[object, ...], Runtime] = {}


def check_startable(plan: RunPlan, executor: str, runtime: str | None, say: Say = lambda _: None) -> None:
    """Raise what would prevent the containers of a run from starting.

    On this machine a runtime has to start one; `say` is called with the reason why a preferred one is skipped. What the
    nodes of a batch system have is known only there, so for them the runtime only has to be one that the worker
    supports. Raises RuntimeUnavailable, or UsageError for a runtime that does not exist.
    """
    if not has_containers(plan.workflow):
        return
    if executor == "local":
        runtime_here(plan, runtime, say)
    elif runtime is not None and runtime_by_name(runtime).name not in ON_NODES:
        raise RuntimeUnavailable(
            f"Nodes of {executor} cannot start containers with {runtime}",
            why=f"There are: {', '.join(ON_NODES)}.",
            next_step=f"leave --runtime out, or --runtime {ON_NODES[0]}",
        )


def runtime_here(plan: RunPlan, runtime: str | None, say: Say = lambda _: None) -> Runtime | None:
    """Return the runtime for the containers of a plan on this machine, None if there are none; raise
    RuntimeUnavailable.
    """
    if not has_containers(plan.workflow):
        return None
    among = runtimes_of(plan)
    asked = (runtime, among, os.environ.get("PATH"), os.environ.get("DOCKER_HOST"))
    if asked not in _chosen:
        chosen = choose_runtime(runtime, among, say)
        _check_tools(chosen)
        _chosen[asked] = chosen
    return _chosen[asked]


def _check_tools(runtime: Runtime) -> None:
    """Raise RuntimeUnavailable if the tool that converts images for a runtime is not installed."""
    if runtime.name != "apptainer" or this_site().cvmfs:
        return
    if shutil.which("mksquashfs", path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_SBIN])) is None:
        raise RuntimeUnavailable(
            "apptainer cannot start a container here",
            why="mksquashfs, which it needs to make a SIF file from an image, is not installed",
            next_step=install_here("mksquashfs"),
        )
