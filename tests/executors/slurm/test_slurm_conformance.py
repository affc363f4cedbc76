"""The conformance suite against the real Slurm: host jobs and containers, with sacct and without."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import Surroundings
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.executors.slurm import SlurmEngine
from recast.site import Site
from tests.executors.slurm.runs import PYTHON, QUICK
from tests.testbeds.slurm import Bed
from tests.testbeds.slurm.fixture import *  # noqa: F403

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sacct", "no sacct"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    bed: Bed = request.getfixturevalue("slurm" if request.param == "sacct" else "slurm_plain")
    run_dir, store = tmp_path / "run 100%", tmp_path / "store"
    around = Surroundings(jobs=str(run_dir / "jobs"), store=str(store), runtimes=(), site=Site(), node={})

    def make() -> BatchExecutor:
        return BatchExecutor(SlurmEngine(QUICK, {**os.environ, **bed.env}), run_dir, store, around, python=PYTHON)

    return Case(make=make, store=store, many=30)
