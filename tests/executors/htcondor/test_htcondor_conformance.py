"""The conformance suite against the real HTCondor: both ways for files, containers by our worker and by the pool."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import NodeImage
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from tests.executors.htcondor.runs import executor_on, image_for, own_folder, python_image
from tests.testbeds.htcondor.fixture import *  # noqa: F403
from tests.testbeds.htcondor.pool import Pool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def tiny(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> NodeImage:
    return image_for(pool, tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def local_folder(pool: Pool) -> Iterator[Path]:
    """A folder that the schedd sees. Jobs belong to another user there, so what we make has to be open to all."""
    before = os.umask(0)
    yield own_folder(pool)
    os.umask(before)


@pytest.fixture(scope="session")
def with_python(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> NodeImage:
    return python_image(pool, tmp_path_factory.mktemp("python"))


RARE = pytest.mark.rare  # each mode takes two minutes: `make test` runs two, `make conformance` all


@pytest.fixture(
    params=[pytest.param("spooled", marks=RARE), "local", "container", pytest.param("universe", marks=RARE)]
)
def case(request: pytest.FixtureRequest, tmp_path: Path, pool: Pool) -> Case:
    is_local, image = request.param == "local", None
    if request.param in ("container", "universe"):
        image = request.getfixturevalue("tiny" if request.param == "container" else "with_python")
    folder = request.getfixturevalue("local_folder") if is_local else tmp_path
    run_dir, store = folder / "run 100%", folder / "store"
    more = {"transfer": "local", "max_idle": 10} if is_local else {}
    if request.param == "universe":
        more = {"universe": "container", "container_image": f"{pool.shared}/{{hex}}.sif"}

    def make() -> BatchExecutor:
        return executor_on(pool, run_dir, store, image, **more)

    return Case(make=make, store=store, image=image.digest if image else None, many=10)
