"""The main job on three real batch systems: the numbers of the local run to the last digit, in the pinned images."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.grid import EXECUTORS, Ran, bed, mirror, published, run
from tests.testbeds.htcondor.config import NODES as CONDOR_NODES
from tests.testbeds.slurm.conf import NODES as SLURM_NODES

pytestmark = pytest.mark.slow

HOSTS = {"slurm": SLURM_NODES, "htcondor": CONDOR_NODES, "arc": (socket.gethostname().partition(".")[0],)}
"""What the nodes of each test-bed call themselves."""


@dataclass(frozen=True)
class Home:
    """Where the version is published: its environment, the repository of its image, and what came out here."""

    env: dict[str, str]
    repository: str
    here: Ran


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with published() as env, mirror(tmp_path_factory.mktemp("mirror")) as repository:
        yield Home(env, repository, run(env, "local", repository))


RARE = pytest.mark.rare  # `make test` takes one of them, `make grid` and `make rare` all


@pytest.mark.parametrize("executor", [EXECUTORS[0], *(pytest.param(it, marks=RARE) for it in EXECUTORS[1:])])
def test_the_search_gives_the_same_numbers_there(home: Home, executor: str) -> None:
    often = {
        f"RECAST_{executor.upper()}_{name}": value for name, value in {"QUICK_POLL_S": "0.5", "POLL_S": "2"}.items()
    }
    with bed(executor) as reached:
        there = run({**home.env, **reached, **often}, executor, home.repository)
    assert there.numbers == home.here.numbers
    assert len(there.numbers) >= 6
    assert {step["id"] for step in there.steps} == {step["id"] for step in home.here.steps}
    jobs = [step for step in there.steps if step["image"]]
    assert jobs
    for step in jobs:
        assert (step["state"], step["executor"], step["cached"]) == ("succeeded", executor, False)
        assert step["image_run"] == step["image"].rpartition("@")[2]
        assert step["native_id"]
        assert step["host"].partition(".")[0] in HOSTS[executor]
    assert len({step["native_id"] for step in jobs}) == len(jobs)
