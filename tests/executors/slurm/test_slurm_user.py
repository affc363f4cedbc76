"""Slurm as physicists use it: not as root. Containers, memory without a control group, jobs found again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recast.images import ImageStore
from tests.busybox import add_busybox, pin, write_spec
from tests.executors.slurm.runs import QUICK
from tests.testbeds.bed import BEDS
from tests.testbeds.ordinary import OrdinaryUser, ordinary_user
from tests.testbeds.slurm import SlurmBed

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def open_slurm() -> Iterator[SlurmBed]:
    """A bed where others than root get to, wherever this checkout lies."""
    name = hashlib.sha256(str(BEDS).encode()).hexdigest()[:12]
    with SlurmBed(Path("/var/tmp") / f"recast-slurm-{name}").owned() as bed:
        yield bed


@pytest.fixture
def user() -> Iterator[OrdinaryUser]:
    with ordinary_user() as made:
        yield made


def settings(bed: SlurmBed) -> dict[str, str]:
    quick = {f"RECAST_SLURM_{name.upper()}": str(value) for name, value in QUICK.items()}
    return {**bed.env, **quick, "RECAST_SLURM_PATIENCE": "0", "RECAST_SLURM_PYTHON": "/usr/bin/python3"}


def test_a_run_of_an_ordinary_user(open_slurm: SlurmBed, user: OrdinaryUser) -> None:
    """Its container has the pinned image; a step that is too large grows; the driver's end is not the jobs'."""
    store = ImageStore(user.home / "recast/images")
    digest = add_busybox(store)
    # More than it may have at first, less than after growth.
    eat = """awk 'BEGIN {{ s = "x"; while (length(s) < 70000000) s = s s }}'"""
    command = f"{{{{ id -u; ls /var; {eat}; echo done; }}}} > {{out}} 2>/dev/null"
    spec = write_spec(user.home / "spec", command, {"out": "{workdir}/out"}, {"out": "{out}"}, memory_mb=60)
    pin(spec, digest)
    user.own()
    run = user.home / "run"
    words = ["workflow.yml", "--toplevel", str(spec), "--executor", "slurm", "--runtime", "bubblewrap"]
    started = user.recast("run", *words, "--workdir", str(run), "-q", env=settings(open_slurm))
    assert started.returncode == 0, started.stderr
    shown = json.loads(user.recast("show", str(run), "-o", "json", env=settings(open_slurm)).stdout)
    step = shown["steps"][-1]
    assert step["image_run"] == digest
    assert step["attempts"] > 1, "memory was not watched"
    assert "done" in (run / "work/work/out").read_text()
    assert (run / "work/work/out").stat().st_uid == run.stat().st_uid != 0


def test_a_detached_run_goes_on_and_is_cancelled(open_slurm: SlurmBed, user: OrdinaryUser) -> None:
    spec = write_spec(user.home / "spec", "sleep 600", {"out": "{workdir}/out"}, {"out": "{out}"})
    pin(spec, add_busybox(ImageStore(user.home / "recast/images")))
    user.own()
    env, run = settings(open_slurm), str(user.home / "run")
    words = ["workflow.yml", "--toplevel", str(spec), "--executor", "slurm", "--workdir", run]
    assert user.recast("run", *words, "--detach", env=env).returncode == 0

    def state() -> Any:
        return json.loads(user.recast("status", run, "-o", "json", env=env).stdout)["state"]

    assert state() == "running", (Path(run) / "driver.log").read_text()
    cancelled = user.recast("cancel", run, env=env)
    assert cancelled.returncode == 0, cancelled.stderr
    assert state() == "cancelled"
    open_slurm.wait_until_idle()
