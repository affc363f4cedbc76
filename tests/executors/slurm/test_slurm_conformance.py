"""The conformance suite against the real Slurm: host jobs and containers, with sacct and without."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage, TaskContext
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.executors.slurm import SlurmSystem
from recast.images import ImageStore, lease_unpacked
from recast.runtimes import runtime_by_name
from recast.site import Site
from tests.executors.slurm.runs import PYTHON, QUICK
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.fixture import *  # noqa: F403

sys.path.insert(0, str(Path(__file__).parents[2] / "runtimes"))
from tinyroot import make_layout, make_root

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def on_shared_disk(tmp_path_factory: pytest.TempPathFactory) -> NodeImage:
    """An image in a store that the nodes see, unpacked."""
    layout = tmp_path_factory.mktemp("layout")
    digest = make_layout(make_root(tmp_path_factory.mktemp("tiny") / "root"), layout)
    store = ImageStore(layout)
    source = {"kind": "unpacked", "path": str(lease_unpacked(store, digest).rootfs)}
    return NodeImage(digest, store.manifest(digest).config.digest, (source,))


@pytest.fixture(params=["sacct", "no-sacct", "container"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    bed: SlurmBed = request.getfixturevalue("slurm_plain" if request.param == "no-sacct" else "slurm")
    image: NodeImage | None = None
    if request.param == "container":
        image = request.getfixturevalue("on_shared_disk")
    run_dir, store = tmp_path / "run 100%", tmp_path / "store"
    around = TaskContext(
        jobs=str(run_dir / "jobs"),
        store=str(store),
        runtimes=[runtime_by_name("bubblewrap")] if image else (),
        site=Site(),
        node={"cache": str(tmp_path / "cache"), "cache_mb": 1000, "wait_s": 60},
    )

    def make() -> BatchExecutor:
        engine = SlurmSystem(QUICK, {**os.environ, **bed.env})
        return BatchExecutor(engine, run_dir, store, around, lambda _: image, python=PYTHON)

    return Case(make=make, store=store, image=image.digest if image else None, many=30)
