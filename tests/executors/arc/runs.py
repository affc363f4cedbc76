"""Runs over the test-bed: the engine as tests want it, and executors over it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from recast.executors.arc import ArcSystem
from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage, TaskContext
from recast.runtimes import Runtime
from recast.site import Site
from tests.testbeds.arc import ArcBed

__all__ = ["PYTHON", "engine", "executor"]

PYTHON = "/usr/bin/python3"
"""Nodes have no Python of ours."""


def engine(bed: ArcBed, **values: Any) -> ArcSystem:
    """Return an engine for the computing element of the bed, which looks often."""
    own = {"endpoints": bed.endpoint, "proxy": str(bed.proxy), "ca_dir": str(bed.certificates)}
    return ArcSystem({"poll_s": 1.0, "quick_poll_s": 0.5, **own, **values})


def executor(
    bed: ArcBed,
    run_dir: Path,
    store: Path,
    image: NodeImage | None = None,
    runtimes: Sequence[Runtime] = (),
    **values: Any,
) -> BatchExecutor:
    """Return an executor over an engine for the bed. Nodes keep images in a folder of the bed."""
    node = {"cache": str(bed.folder / "images"), "cache_mb": 1000, "wait_s": 60}
    around = TaskContext(jobs="", store="", runtimes=runtimes, site=Site(), node=node)
    return BatchExecutor(engine(bed, **values), run_dir, store, around, lambda _: image, python=PYTHON)
