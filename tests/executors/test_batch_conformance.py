"""The batch executor over a small batch system of subprocesses: with a shared disk, without, and with a store alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import TaskContext
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.site import Site
from tests.executors.sandboxed import Nodes, SandboxedEngine


@pytest.fixture(params=["shared", "carried", "by-name"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    shared = request.param == "shared"
    by_name = request.param == "by-name"
    nodes = Nodes(tmp_path / "nodes", slots=3, shared=shared, by_name=by_name)
    run_dir, store = tmp_path / "run", tmp_path / "store"
    jobs, blobs = (str(run_dir / "jobs"), str(store)) if shared else ("", "")
    node = {"cache": str(tmp_path / "cache"), "cache_mb": 100, "wait_s": 20}
    around = TaskContext(jobs, blobs, (), Site(), {})
    if by_name:
        around = TaskContext("", "", (), Site(), node, f"file://{tmp_path}/far", outcomes_by_name=True)

    def make() -> BatchExecutor:
        return BatchExecutor(SandboxedEngine(nodes), run_dir, store, around, python=sys.executable, grace_s=1.0)

    yield Case(make=make, store=store, many=30)
    nodes.close()
