"""The local executor against the public suite: as host processes, in bubblewrap, in Podman, in Docker."""

import sys
from pathlib import Path

import pytest

from recast.executors.conformance import *  # noqa: F403
from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.runtimes import runtime_by_name
from tests.testbeds.docker.fixture import *  # noqa: F403

sys.path.insert(0, str(Path(__file__).parents[1] / "runtimes"))
from tinyroot import make_layout, make_root


@pytest.fixture(scope="session")
def tiny_root(tmp_path_factory):
    return make_root(tmp_path_factory.mktemp("tiny") / "root")


@pytest.fixture(scope="session")
def tiny_layout(tmp_path_factory, tiny_root):
    layout = tmp_path_factory.mktemp("layout")
    return layout, make_layout(tiny_root, layout)


@pytest.fixture(scope="session")
def worker_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("worker")


RUNTIMES = [
    "host",
    "bubblewrap",
    pytest.param("podman", marks=[pytest.mark.podman, pytest.mark.slow]),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
]


@pytest.fixture(params=RUNTIMES)
def case(request, tmp_path, worker_dir):
    store = tmp_path / "store"
    image, runtime, image_of = None, None, None
    if request.param == "bubblewrap":
        root = request.getfixturevalue("tiny_root")
        image, runtime, image_of = "sha256:" + "0" * 64, runtime_by_name("bubblewrap"), lambda digest: str(root)
    elif request.param == "podman":
        from recast.runtimes.podman_image import ensure_podman_image

        layout, image = request.getfixturevalue("tiny_layout")
        runtime = runtime_by_name("podman")
        image_of = lambda digest: ensure_podman_image(layout, digest)  # noqa: E731
    elif request.param == "docker":
        from recast.runtimes.docker_image import ensure_docker_image

        request.getfixturevalue("docker")
        layout, image = request.getfixturevalue("tiny_layout")
        runtime = runtime_by_name("docker")
        image_of = lambda digest: ensure_docker_image(layout, digest)  # noqa: E731

    def make():
        return LocalExecutor(tmp_path / "run dir", store, 2, runtime, image_of, worker_dir)

    return Case(make, store, image, many=20 if request.param in ("podman", "docker") else 100)
