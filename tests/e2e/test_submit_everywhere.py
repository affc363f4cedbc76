"""One container by `recast submit`, here and on real batch systems: the same output, the same digest recorded."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from recast.images import ImageStore
from tests import busybox
from tests.e2e.grid import EXECUTORS, bed, run_recast
from tests.registry.real import real_registry
from tests.testbeds.bed import BEDS

pytestmark = pytest.mark.slow

RARE = pytest.mark.rare
COMMAND = ("sh", "-c", "cat in.txt > out.txt; echo $SEED {index} >> out.txt; id -u >/dev/null; echo said {index}")


@dataclass(frozen=True)
class Came:
    """What came of a submission: its outputs by step, and for each job (state, digest that ran, executor),
    and what the jobs said."""

    outputs: dict[str, str]
    jobs: list[tuple[str, str, str]]
    said: list[str]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A home whose image is in a registry that nodes reach, named by IMAGE."""
    folder = tmp_path_factory.mktemp("submit")
    elsewhere = folder / "elsewhere"
    busybox.add_busybox(ImageStore(elsewhere))
    with real_registry(folder / "registry") as registry:
        said = {**os.environ, "RECAST_HOME": str(folder / "home"), "IMAGE": f"{registry.host}/some/busybox:1"}
        run_recast(said, "image", "push", busybox.NAME, said["IMAGE"], "--store", str(elsewhere))
        (folder / "in.txt").write_text("from here\n")
        yield {**said, "IN": str(folder / "in.txt"), "ELSEWHERE": str(elsewhere), "FAR": f"file://{folder}/far"}


@contextmanager
def reached(env: dict[str, str], executor: str) -> Iterator[dict[str, str]]:
    """Join a test-bed; yield the variables by which it is reached. Real pilots run the jobs of PanDA's."""
    if executor != "panda":
        with bed(executor) as found:
            yield found
        return
    from tests.testbeds.panda.bed import PandaBed, place

    store = ImageStore(Path(env["ELSEWHERE"]))
    with PandaBed(place(BEDS / "panda/submit")).owned() as own:
        own.ask("shift", most=2, pilots="")
        own.offer(store, store.resolve(busybox.NAME))
        yield {**own.env, "RECAST_PANDA_STORE_URL": env["FAR"], "RECAST_PANDA_OUTCOME_GRACE_S": "10"}


def submitted(env: dict[str, str], executor: str) -> Came:
    options = ["--executor", executor, "--with", env["IN"], "--env", "SEED=42", "--array", "2", "--output", "out.txt"]
    said = run_recast(env, "submit", env["IMAGE"], "-q", "--no-cache", *options, "--", *COMMAND)
    run = said.split()[-1]
    results = json.loads(run_recast(env, "results", run, "-o", "json"))["results"]
    steps = json.loads(run_recast(env, "show", run, "-o", "json"))["steps"]
    return Came(
        {Path(item["path"]).parent.name: Path(item["path"]).read_text() for item in results},
        [(step["state"], step["image_run"], step["executor"]) for step in steps if step["image"]],
        # What a runtime warns of on a node stands in the log, too.
        [word for index in range(2) for word in re.findall(r"said \d", run_recast(env, "logs", run, f"/job/{index}"))],
    )


@pytest.fixture(scope="module")
def here(env: dict[str, str]) -> Came:
    came = submitted(env, "local")
    assert came.outputs == {f"job_{index}": f"from here\n42 {index}\n" for index in range(2)}
    return came


@pytest.mark.parametrize(
    "executor", [EXECUTORS[0], *(pytest.param(it, marks=RARE) for it in (*EXECUTORS[1:], "panda"))]
)
def test_the_same_output_and_the_same_digest(env: dict[str, str], here: Came, executor: str) -> None:
    often = {
        f"RECAST_{executor.upper()}_{name}": value for name, value in {"QUICK_POLL_S": "0.5", "POLL_S": "2"}.items()
    }
    with reached(env, executor) as found:
        there = submitted({**env, **found, **often}, executor)
    assert there.outputs == here.outputs
    assert there.said == here.said == ["said 0", "said 1"]
    digests = {digest for _, digest, _ in here.jobs}
    assert len(digests) == 1
    assert there.jobs == [("succeeded", *digests, executor)] * 2


def test_a_secret_reaches_a_node_that_shares_our_files(env: dict[str, str], tmp_path: Path) -> None:
    canary = "canary 4711 on a node"
    (tmp_path / "EOS").write_text(canary)
    (tmp_path / "EOS").chmod(0o600)
    home = tmp_path / "home"
    own = {**env, "RECAST_SECRETS": str(tmp_path), "RECAST_HOME": str(home), "RECAST_SLURM_QUICK_POLL_S": "0.5"}
    script = 'echo "it is $T"; echo "$T" | wc -c > size'
    words = ["-q", "--executor", "slurm", "--secret", "EOS=T", "--output", "size", "--", "sh", "-c", script]
    with bed("slurm") as found:
        run = run_recast({**own, **found}, "submit", env["IMAGE"], *words).split()[-1]
    (size,) = (home / "runs").glob("*/work/job/size")
    assert int(size.read_text()) == len(canary) + 1
    assert run_recast(own, "logs", run) == f"it is {'*' * len(canary)}"
    assert [str(path) for path in home.rglob("*") if path.is_file() and canary.encode() in path.read_bytes()] == []
