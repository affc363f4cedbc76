"""ARC in front of Slurm, as at most sites: a run whose jobs pass through both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.executors.arc.faulty import ArcRun
from tests.testbeds.arc import ArcBed
from tests.testbeds.arc.fixture import *  # noqa: F403
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.fixture import *  # noqa: F403

pytestmark = pytest.mark.slow


def test_a_run_through_arc_and_slurm(arc_on_slurm: ArcBed, slurm_plain: SlurmBed, tmp_path: Path) -> None:
    run = ArcRun(arc_on_slurm, tmp_path / "run", jobs=4, settings={"queue": "grid"})
    with run.driven():
        pass
    assert run.losses() == (0, 0)
    # Each node of that Slurm is a host of its own name.
    hosts = {body["outcome"]["host"] for body in run.events("JobEnded")}
    assert hosts <= set(slurm_plain.nodes())
