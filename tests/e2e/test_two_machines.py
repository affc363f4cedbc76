"""The main job on a second machine: by a registry's address, and from one file without any network."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Answer
from tests.registry.real import Real, real_registry, skopeo
from tests.waiting import BOUND_S

ANALYSIS = "atlas-susy-2018-31"
PUBLISHED_CLS = 0.021373283911064852
"""CLs observed of the example `single`: HEPData 89408.v3/r2, as fitted for ATL-PHYS-PUB-2019-029."""

pytestmark = pytest.mark.slow

Call = Callable[..., Answer]


def machine(home: Path, *prefix: str, **environ: str) -> Call:
    """The command line with a home of its own, in which nothing is but what it is told."""
    home.mkdir()
    clean = {"HOME": str(home), "PATH": os.environ["PATH"], **environ}

    def call(*arguments: str | Path, timeout: float = BOUND_S) -> Answer:
        command = [*prefix, sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=clean, timeout=timeout)
        assert done.returncode == 0, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    with real_registry(tmp_path_factory.mktemp("registry") / "r") as real:
        yield real


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory) -> Call:
    """The analysis team: image built, version published to its own catalogue and validated."""
    images = str(Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images"))
    call = machine(tmp_path_factory.mktemp("author") / "home", RECAST_IMAGE_STORE=images)
    call("image", "build", f"specs/{ANALYSIS}/1.0.0")
    call("publish", f"catalogue/{ANALYSIS}.yml")
    call("validate", ANALYSIS, "--only", "A_*")
    return call


@pytest.fixture(scope="module")
def numbers(author: Call) -> list[dict]:
    return results(author)


def results(call: Call) -> list[dict]:
    run = call("run", f"{ANALYSIS}@1.0.0", "--example", "single").out.strip()
    return call("results", run, "-o", "json").json["results"]


def test_a_second_machine_runs_it_by_its_address_to_the_last_digit(
    author: Call, numbers: list[dict], registry: Real, tmp_path: Path
) -> None:
    place = f"{registry.host}/{ANALYSIS}"
    reason = ("--reason", "the rest takes two minutes")
    sent = author("publish", f"catalogue/{ANALYSIS}.yml", "--to", f"oci://{place}", *reason, "-o", "json").json
    raw = skopeo("inspect", "--tls-verify=false", "--raw", f"docker://{place}:1.0.0")
    assert f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}" == sent["digest"]
    second = machine(tmp_path / "second")
    run = second("run", f"oci://{place}:1.0.0", "--example", "single").out.strip()
    theirs = second("results", run, "-o", "json").json
    assert theirs["digest"] == sent["digest"]
    assert theirs["results"] == numbers
    assert numbers[0]["cls_obs"] == pytest.approx(PUBLISHED_CLS, rel=1e-4)
    pins = second("catalogue", "show", ANALYSIS, "-o", "json").json["images"]
    for digest in pins.values():
        assert json.loads(skopeo("inspect", "--tls-verify=false", f"docker://{place}@{digest}"))["Digest"] == digest
    (said,) = [row for row in second("catalogue", "log", ANALYSIS, "-o", "json").json if row["where"]]
    assert said["validation"]["failed"] == 0


def test_one_file_runs_where_there_is_no_network(author: Call, numbers: list[dict], tmp_path: Path) -> None:
    file = tmp_path / f"{ANALYSIS}-1.0.0.oci.tar"
    author("catalogue", "export", f"{ANALYSIS}@1.0.0", "--with-images", file)
    is_root = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False).returncode == 0
    alone = ["unshare", "-n"] if is_root else ["unshare", "-rn"]
    offline = machine(tmp_path / "offline", *alone)
    (imported,) = offline("catalogue", "import", file, "-o", "json").json
    raw = skopeo("inspect", "--raw", f"oci-archive:{file}:{ANALYSIS}:1.0.0")
    assert imported["digest"] == f"sha256:{hashlib.sha256(raw.encode()).hexdigest()}"
    assert results(offline) == numbers
