"""The conformance suite against the real HTCondor."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.executors.batch.executor import BatchExecutor
from recast.executors.batch.task import Surroundings
from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.executors.htcondor import HTCondorEngine
from recast.site import Site
from tests.testbeds.htcondor.fixture import *  # noqa: F403
from tests.testbeds.htcondor.pool import Pool

pytestmark = pytest.mark.slow


@pytest.fixture
def case(tmp_path: Path, pool: Pool) -> Case:
    run_dir, store = tmp_path / "run", tmp_path / "store"
    around = Surroundings(jobs="", store="", runtimes=(), site=Site(), node={})
    values = {"collector": pool.collector, "token_dir": str(pool.tokens), "poll_s": 1.0}

    def make() -> BatchExecutor:
        return BatchExecutor(HTCondorEngine(values), run_dir, store, around)

    return Case(make=make, store=store, many=30)
