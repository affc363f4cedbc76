"""The conformance suite over a PanDA server of ours and pilots that run subprocesses, in both modes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage, TaskContext
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.executors.panda import PandaSystem
from recast.site import Site
from tests.executors.panda.fakepanda import fake_panda
from tests.executors.panda.settings import IMAGE, values

PILOTS = {
    "test_a_job_that_wants_too_much_memory_is_stopped": "memory is the site's to limit; its pilot looks every minute",
    "test_a_job_whose_child_wanted_too_much_memory_has_failed": "as above; only a kill by the kernel is seen",
    "test_the_walltime_ends_a_job_and_its_descendants": "who flees from `timeout` ends with the container, of which "
    "there is none here",
}
"""What cannot hold where the pilot starts the container, and why: docs/explanation/panda.md has the same list."""


@pytest.fixture(params=["own", "pilot"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    test: str = request.node.originalname
    if request.param == "pilot" and test in PILOTS:
        pytest.skip(PILOTS[test])
    with fake_panda(tmp_path / "nodes", runs=True) as panda:
        given = values(panda, tmp_path, mode=request.param)
        node = {"cache": str(tmp_path / "cache"), "cache_mb": 100, "wait_s": 20}
        around = TaskContext("", "", (), Site(), node, given["store_url"], outcomes_by_name=True)

        def image_of(digest: str) -> NodeImage:
            return NodeImage(digest, digest, ({"kind": "registry", "reference": f"registry.example.org/i@{digest}"},))

        def make() -> BatchExecutor:
            engine = PandaSystem(given)
            return BatchExecutor(engine, tmp_path / "run", tmp_path / "store", around, image_of, python=sys.executable)

        yield Case(make=make, store=tmp_path / "store", many=30, image=IMAGE if request.param == "pilot" else None)
