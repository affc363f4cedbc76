"""An image that declares a VOLUME leaves none behind, however its job ends."""

import json
import shutil
import subprocess

import pytest
from tinyroot import make_layout

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import Resources
from recast.runtimes import runtime_by_name
from recast.runtimes.podman import ensure_podman_image
from tests.waiting import BOUND_S

pytestmark = [pytest.mark.podman, pytest.mark.slow]


@pytest.fixture
def case(tiny_root, tmp_path, tmp_path_factory):
    digest = make_layout(tiny_root, tmp_path / "layout", volumes=["/data", "/var/lib/x"])
    runtime = runtime_by_name("podman")
    worker = tmp_path_factory.getbasetemp() / "worker"
    image_of = lambda digest: ensure_podman_image(tmp_path / "layout", digest)  # noqa: E731
    make = lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, image_of, worker)  # noqa: E731
    return Case(make, tmp_path / "store", digest)


def volumes():
    program = shutil.which("podman")
    done = subprocess.run(
        [program, *runtime_by_name("podman").flags, "volume", "ls", "--format", "json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=BOUND_S,
    )
    return {volume["Name"] for volume in json.loads(done.stdout or "[]")}


def test_no_volume_stays(case):
    before = volumes()
    done, failed, late = case.run(
        case.job("echo 1 > x; ls -d /run /tmp; echo > /run/y && touch ran", ["x"]),
        case.job("exit 3"),
        case.job("sleep 60", resources=Resources(memory_mb=500, disk_mb=100, walltime_s=1)),
    )
    assert done.outcome.failure == "user", done  # /run is read-only, as under bubblewrap
    assert failed.outcome.exit_code == 3 and late.outcome.failure == "walltime"
    assert volumes() == before
