"""The test-bed itself: started once however often it is asked for, three hosts, nothing left when it stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testbeds.bed import BEDS
from tests.testbeds.processes import marked
from tests.testbeds.slurm import SlurmBed
from tests.testbeds.slurm.conf import NODES
from tests.waiting import until

pytestmark = pytest.mark.slow


def test_its_nodes_are_hosts_and_nothing_is_left_when_it_stops(tmp_path: Path) -> None:
    with SlurmBed(BEDS / f"slurm/life-{tmp_path.stat().st_ino}").owned() as bed:
        assert not bed.start()
        hosts = tmp_path / "hosts"
        hosts.mkdir()
        for node in NODES:
            script = f"--output=/dev/null --nodelist={node} --wrap=hostname>{hosts}/{node}".split()
            assert bed.call("sbatch", *script).returncode == 0
        names = lambda: {path.name: path.read_text().strip() for path in hosts.iterdir()}  # noqa: E731
        until(lambda: names() == {node: node for node in NODES}, "jobs do not run on all nodes")
    assert (marked(bed.folder), bed.folder.exists(), bed.running()) == ([], False, False)
