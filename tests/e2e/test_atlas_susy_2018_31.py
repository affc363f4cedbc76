"""The main job, whole and real: the image is built, the version published, points fitted, numbers compared.

The image store is kept in `.cache/images`, so that only the first run of the tests pays for building.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Answer
from tests.provenance.validator import judged
from tests.waiting import BOUND_S

ANALYSIS = "atlas-susy-2018-31"
POINT = "RegionA/sbottom_1400_950_60"
PUBLISHED_CLS = 0.021373283911064852
"""CLs observed of `POINT`: HEPData 89408.v3/r2, as fitted for ATL-PHYS-PUB-2019-029."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def recast(home: Path) -> Iterator[Any]:
    def call(*arguments: str, timeout: float = BOUND_S) -> Answer:
        store = Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")
        environ = {**os.environ, "RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(store)}
        command = [sys.executable, "-W", "error", "-m", "recast", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr)

    yield call


@pytest.fixture(scope="module")
def published(recast: Any) -> None:
    built = recast("image", "build", f"specs/{ANALYSIS}/1.0.0")
    assert built.code == 0, built.err
    done = recast("publish", f"catalogue/{ANALYSIS}.yml")
    assert done.code == 0, done.err


@pytest.fixture(scope="module")
def run(recast: Any, published: None) -> str:
    answer = recast("run", ANALYSIS, "-p", f'points=["{POINT}"]')
    assert answer.code == 0, answer.err
    return answer.out.strip()


def test_the_published_number_comes_back(recast: Any, run: str) -> None:
    document = recast("results", run, "-o", "json").json
    assert list(document) == ["run", "analysis", "version", "digest", "results"]
    assert (document["run"], document["analysis"], document["version"]) == (run, ANALYSIS, "1.0.0")
    limit = next(result for result in document["results"] if result["type"] == "limit")
    assert limit["cls_obs"] == pytest.approx(PUBLISHED_CLS, rel=1e-4)
    assert limit["excluded"] is True
    assert len(limit["cls_exp"]) == 5
    assert limit["cls_exp"] == sorted(limit["cls_exp"])
    assert limit["point"]["region"] == "A"
    assert limit["verdict"].startswith("Excluded at 95% CL (CLs obs 0.021, expected 0.065")


def test_every_step_ran_the_pinned_image_and_says_so(recast: Any, run: str, home: Path) -> None:
    shown = recast("show", run, "-o", "json").json
    assert shown["state"] == "succeeded"
    steps = {step["id"]: step for step in shown["steps"]}
    assert list(steps) == ["/init/0", "/unpack/0", "/fit/0", "/gather/0", "/plot/0"]
    assert steps["/fit/0"]["depends_on"] == ["/init/0", "/unpack/0"]
    assert steps["/fit/0"]["parameters"]["limit"] == "{workdir}/limit.json"
    assert steps["/fit/0"]["published"] == {"limit": "fit_0/limit.json"}
    for step in shown["steps"][1:]:
        assert step["image"] == f"recast/pyhf-fit@{step['image_run']}"
        assert (step["exit_code"], step["executor"], step["attempts"]) == (0, "local", 1)
        assert Path(step["log"]).exists()
    picture = next((home / "runs" / run / "results/files").glob("*.png"))
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_the_same_question_is_answered_from_the_cache(recast: Any, run: str) -> None:
    arguments = [ANALYSIS, "-p", f'points=["{POINT}"]']
    plan = recast("plan", *arguments, "-o", "json").json
    assert {step["action"] for step in plan["steps"] if step["id"] != "/init/0"} == {"cached"}
    assert all(run in step["reason"] for step in plan["steps"] if step["action"] == "cached")
    assert plan["open"] == []
    again = recast("run", *arguments, "-q")
    assert again.code == 0
    shown = recast("show", again.out.strip(), "-o", "json").json
    assert all(step["cached"] for step in shown["steps"][1:])
    numbers = [recast("results", name, "-o", "json").json["results"] for name in (run, again.out.strip())]
    assert numbers[0] == numbers[1]


def test_another_run_gives_the_same_to_the_last_bit(recast: Any, run: str) -> None:
    """Numbers, table and pictures: the results hold the sha256 of each file."""
    again = recast("run", ANALYSIS, "-p", f'points=["{POINT}"]', "-q", "--no-cache")
    assert again.code == 0, again.err
    documents = [recast("results", name, "-o", "json").json["results"] for name in (run, again.out.strip())]
    assert documents[0] == documents[1]
    assert sum("sha256" in result for result in documents[0]) >= 2


def test_validation_agrees_with_the_published_numbers(recast: Any, run: str) -> None:
    answer = recast("validate", ANALYSIS, "--only", "[ABC]_*", "-o", "json")
    assert answer.code == 0, answer.err
    items = answer.json["items"]
    assert len(items) >= 3
    assert {item["verdict"] for item in items} == {"passed"}
    assert all(abs(item["deviation"]) <= item["tolerance"] == 1e-4 for item in items)


def test_the_run_as_a_crate(recast: Any, run: str, tmp_path: Path) -> None:
    done = recast("results", run, "--export", "ro-crate", str(tmp_path / "crate"))
    assert done.code == 0, done.err
    graph = json.loads((tmp_path / "crate/ro-crate-metadata.json").read_text())["@graph"]
    images = {item["sha256"] for item in graph if item["@type"] == "ContainerImage"}
    ran = {step["image_run"] for step in recast("show", run, "-o", "json").json["steps"][1:]}
    assert {f"sha256:{image}" for image in images} == ran
    assert next(item for item in graph if item["@id"] == "results/files/cls.png")["exampleOfWork"]
    assert judged("REQUIRED", tmp_path / "crate") == {str(tmp_path / "crate"): []}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", f"{ANALYSIS}@9.9.9"], 6, "1.0.0"),
        (["run", "atlas-susy-2018-32"], 6, ANALYSIS),
        (["run", ANALYSIS, "--example", "demmo"], 6, "demo"),
        (["run", ANALYSIS, "-p", "points=3"], 3, "points"),
        (["run", ANALYSIS, "-p", 'points=["RegionA/sbottom; id"]'], 3, "points"),
        (["run", ANALYSIS, "-p", 'points=["RegionA/sbottom_1400_950_61"]'], 3, POINT),
        (["run", ANALYSIS, "-p", "pionts=[]"], 3, "pionts"),
    ],
)
def test_bad_questions(recast: Any, published: None, arguments: list[str], code: int, words: str) -> None:
    answer = recast(*arguments)
    assert answer.code == code, answer.err
    assert words in answer.err
    assert "  next  " in answer.err
