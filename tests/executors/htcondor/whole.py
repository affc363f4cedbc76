"""Runs on a pool of a module's own, which is whole again for each test: `from ... import *  # noqa: F403`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.executors.htcondor.faulty import CondorRun
from tests.testbeds.htcondor.config import HEAD, NODES
from tests.testbeds.htcondor.fixture import own_pool
from tests.testbeds.htcondor.pool import Pool

__all__ = ["SLOW", "MakeRun", "make_run", "own_pool"]

MakeRun = Callable[..., CondorRun]
SLOW = "sleep 1; echo {n} > {out}"


@pytest.fixture
def make_run(own_pool: Pool, tmp_path: Path) -> MakeRun:
    """Make a run on this module's own pool, which is whole again."""
    for machine in (HEAD, *NODES):
        own_pool.power_on(machine)
    own_pool.wait_until_ready()
    numbers = iter(range(1000))
    return lambda **how: CondorRun(own_pool, tmp_path / f"run{next(numbers)}", **{"jobs": 16, **how})
