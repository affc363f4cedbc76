"""A step of a published search by PanDA's pilot, in its pinned image: the same CLs as on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recast.images import ImageStore
from tests.conftest import ROOT
from tests.registry.real import real_registry
from tests.testbeds.panda.bed import PandaBed
from tests.testbeds.panda.fixture import *  # noqa: F403
from tests.waiting import BOUND_S, until

pytestmark = pytest.mark.rare
ANALYSIS, POINT = "atlas-susy-2018-31", "RegionA/sbottom_1400_950_60"
PUBLISHED_CLS = 0.021373283911064852
"""CLs observed of `POINT`: HEPData 89408.v3/r2."""
Recast = Callable[..., str]


@pytest.fixture(scope="module")
def images() -> Path:
    return Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")


@pytest.fixture(scope="module")
def recast(tmp_path_factory: pytest.TempPathFactory, images: Path) -> Recast:
    home = tmp_path_factory.mktemp("home")
    env = {**os.environ, "RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(images)}

    def call(*words: str, **more: str) -> str:
        argv = [sys.executable, "-W", "error", "-m", "recast", *words]
        done = subprocess.run(
            argv, cwd=ROOT, env=env | more, capture_output=True, text=True, timeout=BOUND_S, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    call("image", "build", f"specs/{ANALYSIS}/1.0.0")
    call("publish", f"catalogue/{ANALYSIS}.yml")
    return call


def limits(recast: Recast, run: str) -> list[dict[str, Any]]:
    results = json.loads(recast("results", run, "-o", "json"))["results"]
    return [result for result in results if result["type"] == "limit"]


def steps(recast: Recast, run: str) -> dict[str, dict[str, Any]]:
    return {step["stage"]: step for step in json.loads(recast("show", run, "-o", "json"))["steps"]}


def test_the_fit_by_a_pilot_gives_the_same_cls(
    own_panda: PandaBed,
    recast: Recast,
    images: Path,
    tmp_path: Path,
) -> None:
    run = ("run", ANALYSIS, "-p", f'points=["{POINT}"]')
    here = recast(*run, "-p", "seed=1").split()[-1]
    digest = steps(recast, here)["fit"]["image"].partition("@")[2]
    own_panda.offer(ImageStore(images), digest)
    own_panda.ask("shift", most=1, pilots="")
    # The fit is the first that PanDA gets; what comes after it is not what this is about, and a stand-in runs it.
    began = threading.Thread(target=_pilot_for_the_first_only, args=(own_panda,))
    began.start()
    with real_registry(tmp_path / "registry") as registry:
        there = recast(
            *run, *("-p", "seed=2", "--executor", "panda"), **own_panda.env,
            RECAST_PANDA_STORE_URL=f"file://{tmp_path}/far",
            RECAST_PANDA_IMAGE_REGISTRY=f"{registry.host}/recast/{ANALYSIS}",
            RECAST_PANDA_QUICK_POLL_S="1",
        ).split()[-1]  # fmt: skip
    began.join(BOUND_S)
    local, far = limits(recast, here), limits(recast, there)
    assert far[0]["cls_obs"] == pytest.approx(PUBLISHED_CLS, rel=1e-4)
    assert far == local
    seen = steps(recast, there)
    assert seen["unpack"]["cached"] and not seen["fit"]["cached"]
    assert seen["fit"]["executor"] == "panda"
    assert seen["fit"]["image"].endswith(digest)
    reports = list(own_panda.folder.glob("pilots/*/harvester/worker_attributes.json"))
    assert [json.loads(report.read_text())["jobStatus"] for report in reports] == ["finished"]


def _pilot_for_the_first_only(bed: PandaBed) -> None:
    until(lambda: list(bed.folder.glob("pilots/*/harvester")), "no pilot was started")
    bed.ask("shift", most=1, pilots="^$")
