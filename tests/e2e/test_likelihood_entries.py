"""The entries that fit a likelihood, whole and real: built, published, validated, asked, in their image.

The image is that of atlas-susy-2018-31, kept in `.cache/images`: only the first run of the tests pays for building.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Answer
from tests.newest import newest_spec
from tests.waiting import BOUND_S

ENTRIES = ("atlas-susy-2019-08", "cms-exo-20-004", "cms-sus-20-004")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recast(tmp_path_factory: pytest.TempPathFactory) -> Any:
    home = tmp_path_factory.mktemp("home")
    store = Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")

    def call(*arguments: str | Path, timeout: float = BOUND_S) -> Answer:
        environ = {**os.environ, "RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(store)}
        command = [sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr)

    for entry in ENTRIES:
        for command in (("image", "build", newest_spec(entry)), ("publish", f"catalogue/{entry}.yml")):
            answer = call(*command)
            assert answer.code == 0, answer.err
    return call


@pytest.fixture(scope="module")
def items(recast: Any) -> list[dict[str, Any]]:
    answer = recast("validate", "--all", "-o", "json")
    assert answer.code == 0, answer.err
    found: list[dict[str, Any]] = answer.json["items"]
    return found


def test_every_published_number_is_reproduced_or_its_deviation_documented(items: list[dict[str, Any]]) -> None:
    assert {item["analysis"] for item in items} == set(ENTRIES)
    verdicts = {f"{item['analysis']} {item['name']}": item["verdict"] for item in items}
    assert set(verdicts.values()) == {"passed", "documented"}, verdicts
    for mass in range(1500, 2501, 100):
        assert verdicts[f"cms-sus-20-004 T5HH_{mass}"] == "passed"
    assert verdicts["cms-sus-20-004 T5HH_1000"] == "documented"
    assert verdicts["atlas-susy-2019-08 exclusion_of_the_plane"] == "passed"
    assert all(item["deviation"] <= item["tolerance"] for item in items if item["verdict"] == "passed")


def test_the_catalogue_tells_what_was_found(recast: Any, items: list[dict[str, Any]]) -> None:
    page = recast("catalogue", "show", "cms-sus-20-004").out
    assert "T5HH_2300: 0.18898 within 0.15 (relative)" in page
    assert "documented: Below 1.5 TeV" in page
    assert "holds  TChiHH" in page


def test_the_plane_has_a_contour_and_pictures(recast: Any, items: list[dict[str, Any]], tmp_path: Path) -> None:
    """The same question as a validation item, so that all but the plan comes from the cache."""
    run = recast("run", "atlas-susy-2019-08", "--example", "plane", "-q").out.strip()
    document = recast("results", run, "-o", "json").json
    found = {result["name"]: result for result in document["results"] if result["name"] != "limit"}
    assert sum(result["name"] == "limit" for result in document["results"]) == 125
    curves = {row[0] for row in found["contour"]["rows"]}
    assert curves >= {"observed", "expected"}
    assert not any("published" in curve for curve in curves)
    assert recast("results", run, "--plots", tmp_path).code == 0
    assert (tmp_path / "exclusion.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "exclusion_pdf.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "bins.png").read_bytes().startswith(b"\x89PNG")


def test_a_demo_without_a_cross_section_has_limits_and_no_verdict(recast: Any, items: list[dict[str, Any]]) -> None:
    """It took 1000 fb for every point: the mediator of 2 TeV was excluded, and the one of 500 GeV was not."""
    run = recast("run", "cms-exo-20-004", "--example", "demo", "-q").out.strip()
    limits = [one for one in recast("results", run, "-o", "json").json["results"] if one["name"] == "limit"]
    assert len(limits) == 5
    for limit in limits:
        assert (limit["excluded"], limit["cls_obs"], limit["mu_ul_obs"]) == (None, None, None)
        assert limit["xsec_ul_obs_fb"] > 0.0
        assert limit["verdict"].startswith("No verdict: no cross section was given")


@pytest.mark.parametrize("entry", ENTRIES)
def test_own_yields_are_answered(recast: Any, entry: str) -> None:
    answer = recast("run", entry, "--example", "own-yields", "-q")
    assert answer.code == 0, answer.err
    results = recast("results", answer.out.strip(), "-o", "json").json["results"]
    limit = next(result for result in results if result["name"] == "limit")
    assert limit["point"]["name"] == "own-yields"
    assert limit["xsec_ul_obs_fb"] == pytest.approx(limit["mu_ul_obs"] * limit["point"]["xsec_fb"])
    assert "xcluded at 95% CL (CLs obs" in limit["verdict"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["cms-sus-20-004", "-p", "points=[T5HH_2000]", "-p", "xsec=5"], 3, "xsec_fb"),
        (["cms-sus-20-004", "-p", "points=[T5HH_20000]"], 3, "GeV"),
        (["cms-sus-20-004", "-p", "points=[TChiHH_500_450]"], 3, "outside the efficiency map"),
        (["cms-exo-20-004", "-p", "yields={SR1: 2}"], 3, "SR_2016_1"),
        (["atlas-susy-2019-08", "-p", "points=[C1N2_Wh_hbb_500_1]"], 3, "C1N2_Wh_hbb_500_0"),
        (["atlas-susy-2019-08", "-p", "yields={SRX: [1]}"], 3, "SRLMEM_mct2"),
        (["atlas-susy-2019-08"], 3, "none of points, yields, efficiencies and patch is given"),
    ],
)
def test_bad_questions(recast: Any, arguments: list[str], code: int, words: str) -> None:
    answer = recast("run", *arguments, "-q")
    assert answer.code == code, answer.err
    assert words in answer.err


def test_a_patch_for_another_workspace_is_refused(recast: Any, tmp_path: Path) -> None:
    other = ROOT / "specs/atlas-susy-2018-31/1.0.0/files/examples/patch_1400_950_60.json"
    own = tmp_path / "own.json"
    own.write_text(json.dumps(json.loads(other.read_text())))
    answer = recast("run", "atlas-susy-2019-08", "-p", f"patch=@{own}", "-q")
    assert answer.code == 3
    assert "another workspace" in answer.err
