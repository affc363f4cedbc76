"""The driver of a run on the real Slurm is killed at random, and the next one goes on: fifty times in `make faults`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.executors.fault_table import Faults
from tests.executors.faulty import kill_drivers, times
from tests.executors.slurm.faulty import SlurmRun
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.fixture import *  # noqa: F403

pytestmark = pytest.mark.slow


def test_the_driver_is_killed_at_any_time(slurm_plain: SlurmBed, tmp_path: Path) -> None:
    faults, numbers = Faults("slurm", "driver killed"), iter(range(1000))

    def make() -> SlurmRun:
        return SlurmRun(slurm_plain, tmp_path / str(next(numbers)), jobs=60, command="sleep 0.5; echo {n} > {out}")

    kill_drivers(faults, make, times(quick=10, full=50), per_run=10, between_s=(0.1, 1.6))
    faults.report()
