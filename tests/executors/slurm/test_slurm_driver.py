"""The driver of a run on the real Slurm is killed at random, and the next one goes on: fifty times."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.executors.fault_table import Faults
from tests.executors.slurm.faulty import FaultyRun
from tests.testbeds.slurm import Bed
from tests.testbeds.slurm.fixture import *  # noqa: F403

pytestmark = pytest.mark.slow

KILLS = 50
KILLS_PER_RUN = 10


def test_the_driver_is_killed_at_any_time(slurm_plain: Bed, tmp_path: Path) -> None:
    faults = Faults("slurm", "driver killed")
    dice = random.Random(2010_2506)
    while faults.tried < KILLS:
        run = FaultyRun(slurm_plain, tmp_path / str(faults.tried), jobs=60, command="sleep 0.5; echo {n} > {out}")
        kills = 0
        while kills < KILLS_PER_RUN and not survived(run, dice.uniform(0.1, 1.6)):
            kills += 1
        with run.driven():
            pass
        faults.count(*run.losses(), tried=kills)
    faults.report()


def survived(run: FaultyRun, seconds: float) -> bool:
    """Start a driver and kill it after a while; return whether it had brought the run to its end before."""
    driver = run.drive()
    try:
        assert driver.wait(seconds) == 0, run.said()
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
        return False
    return True
