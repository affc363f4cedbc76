"""The test-bed itself: started once however often it is asked for, three hosts, nothing left when it stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testbeds.slurm.bed import Bed
from tests.testbeds.slurm.conf import NODES
from tests.testbeds.slurm.fixture import BEDS
from tests.testbeds.slurm.processes import marked, wait_for

pytestmark = pytest.mark.slow


def test_its_whole_life(tmp_path: Path) -> None:
    bed = Bed(BEDS / f"life-{tmp_path.stat().st_ino}")
    try:
        assert bed.start()
        assert not bed.start()
        hosts = tmp_path / "hosts"
        hosts.mkdir()
        for node in NODES:
            script = f"--output=/dev/null --nodelist={node} --wrap=hostname>{hosts}/{node}".split()
            assert bed.call("sbatch", *script).returncode == 0
        names = lambda: {path.name: path.read_text().strip() for path in hosts.iterdir()}  # noqa: E731
        wait_for(lambda: names() == {node: node for node in NODES}, 30, "jobs do not run on all nodes")
    finally:
        bed.stop()
    assert (marked(bed.folder), bed.folder.exists(), bed.running()) == ([], False, False)
