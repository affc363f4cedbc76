"""An image that declares a VOLUME leaves none behind, however its job ends."""

import shutil
import subprocess

import pytest
from tinyroot import make_layout

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.jobs import Resources
from recast.runtimes import runtime_by_name
from recast.runtimes.docker_image import ensure_docker_image
from recast.runtimes.podman import ensure_podman_image
from tests.testbeds.docker.fixture import *  # noqa: F403
from tests.waiting import BOUND_S

ENGINES = [
    pytest.param("podman", marks=[pytest.mark.podman, pytest.mark.slow]),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
]


@pytest.fixture(params=ENGINES)
def runtime(request):
    if request.param == "docker":
        request.getfixturevalue("docker")
    return runtime_by_name(request.param)


@pytest.fixture
def case(runtime, tiny_root, tmp_path, tmp_path_factory):
    digest = make_layout(tiny_root, tmp_path / "layout", volumes=["/data", "/var/lib/x"])
    ensure = ensure_docker_image if runtime.name == "docker" else ensure_podman_image
    worker = tmp_path_factory.getbasetemp() / "worker"
    image_of = lambda digest: ensure(tmp_path / "layout", digest)  # noqa: E731
    make = lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, image_of, worker)  # noqa: E731
    return Case(make, tmp_path / "store", digest)


def volumes(runtime):
    done = subprocess.run(
        [shutil.which(runtime.name), *getattr(runtime, "flags", []), "volume", "ls", "--format", "{{.Name}}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=BOUND_S,
    )
    return set(done.stdout.split())


def test_no_volume_stays(case, runtime):
    before = volumes(runtime)
    done, failed, late = case.run(
        case.job("echo 1 > x; ls -d /run /tmp; echo > /run/y && touch ran", ["x"]),
        case.job("exit 3"),
        case.job("sleep 60", resources=Resources(memory_mb=500, disk_mb=100, walltime_s=1)),
    )
    assert done.outcome.failure == "user", done  # /run is read-only, as under bubblewrap
    assert failed.outcome.exit_code == 3 and late.outcome.failure == "walltime"
    assert volumes(runtime) == before
