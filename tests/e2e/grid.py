"""The main job on every executor: the same published search, here and on three real batch systems.

`python -m tests.e2e.grid [slurm htcondor arc]` prints what came out, number by number.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.registry.real import real_registry
from tests.testbeds.bed import BEDS, Bed
from tests.waiting import BOUND_S

ANALYSIS, EXAMPLE = "atlas-susy-2018-31", "single"
EXECUTORS = ("slurm", "htcondor", "arc")
APART = ("htcondor", "arc")
"""Executors whose nodes do not see our disks: they pull the image from a registry, by its digest."""


@dataclass(frozen=True)
class Ran:
    """One run: `results` as `recast results` prints them, `steps` as `recast show` does."""

    executor: str
    results: list[dict[str, Any]]
    steps: list[dict[str, Any]]

    @property
    def numbers(self) -> dict[str, float]:
        """All CLs, by the point and the quantity."""
        found = {}
        for result in self.results:
            if result["type"] == "limit":
                name = result["point"]["name"]
                found[f"{name} CLs obs"] = result["cls_obs"]
                found |= {
                    f"{name} CLs exp {sigma:+d}": v for sigma, v in zip(range(-2, 3), result["cls_exp"], strict=True)
                }
        return found


@contextmanager
def published() -> Iterator[dict[str, str]]:
    """Build the image, publish the version into a home of its own; yield the environment of that home."""
    with tempfile.TemporaryDirectory(prefix="recast-grid-") as home:
        images = str(Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images"))
        env = {**os.environ, "RECAST_HOME": f"{home}/home", "RECAST_IMAGE_STORE": images}
        run_recast(env, "image", "build", f"specs/{ANALYSIS}/1.0.0")
        run_recast(env, "publish", f"catalogue/{ANALYSIS}.yml")
        yield env


@contextmanager
def mirror(folder: Path) -> Iterator[str]:
    """A registry that nodes can reach; yield the repository for the image."""
    with real_registry(folder / "registry") as registry:
        yield f"{registry.host}/recast/{ANALYSIS}"


def run(env: dict[str, str], executor: str, repository: str) -> Ran:
    """Run the example on an executor whose test-bed is up, without the cache, so that all of it really runs there."""
    more = [f"--{executor}-image-registry", repository] if executor in APART else []
    said = run_recast(env, "run", ANALYSIS, "--example", EXAMPLE, "--executor", executor, "--no-cache", *more)
    name = said.split()[-1]
    results = json.loads(run_recast(env, "results", name, "-o", "json"))["results"]
    return Ran(executor, results, json.loads(run_recast(env, "show", name, "-o", "json"))["steps"])


@contextmanager
def bed(executor: str) -> Iterator[dict[str, str]]:
    """Join a test-bed, started unless it runs; yield the variables by which it is reached.

    It is ours while we need it, like everybody else's: who comes last has it ended by its keeper.
    """
    with _beds()[executor].joined() as joined:
        yield joined.env


def _beds() -> dict[str, Bed]:
    from tests.testbeds.arc.bed import ArcBed, place
    from tests.testbeds.htcondor.pool import HOME, Pool
    from tests.testbeds.slurm import SlurmBed

    slurm = SlurmBed(BEDS / "slurm/accounts", accounts=True)
    return {"slurm": slurm, "htcondor": Pool(HOME / "pool"), "arc": ArcBed(place(BEDS / "arc/shared"))}


def run_recast(env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-W", "error", "-m", "recast", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=BOUND_S, check=False)
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def main(names: Sequence[str]) -> int:
    """Run everywhere and print the table; exit 1 if a number differs from the local run's."""
    say: Callable[..., None] = lambda *words: print(*words, flush=True)  # noqa: E731
    with published() as env, tempfile.TemporaryDirectory() as folder, mirror(Path(folder)) as repository:
        here, runs = run(env, "local", repository), []
        for name in names or EXECUTORS:
            say(f"{name}: starting the test-bed")
            with bed(name) as reached:
                runs.append(run({**env, **reached}, name, repository))
    differing = _table(say, here, runs)
    return 1 if differing else 0


def _table(say: Callable[..., None], here: Ran, runs: Sequence[Ran]) -> int:
    differing = 0
    for quantity, value in here.numbers.items():
        same = [ran.numbers.get(quantity) == value for ran in runs]
        differing += same.count(False)
        marks = ", ".join(
            f"{ran.executor} {'same' if ok else ran.numbers[quantity]}" for ran, ok in zip(runs, same, strict=True)
        )
        say(f"{quantity:<44} {value!r:<24} {marks}")
    for ran in [here, *runs]:
        for step in ran.steps:
            if step["image"]:
                pinned = "as pinned" if step["image_run"] == step["image"].rpartition("@")[2] else "NOT AS PINNED"
                where = f"{step['native_id']} on {step.get('host') or 'here'}"
                say(f"{ran.executor:<9} {step['name']:<12} {where:<60} {step['image_run']} {pinned}")
                differing += pinned != "as pinned"
    return differing


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
