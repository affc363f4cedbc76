"""The classical chain, whole and real: a spectrum that is none of the examples, from Pythia to a verdict."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Answer
from tests.waiting import BOUND_S

ANALYSIS = "atlas-susy-2018-22"
EXAMPLE = ROOT / f"specs/{ANALYSIS}/1.0.0/files/examples/sqsq_direct_1600_400.slha"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def recast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("home")

    def call(*arguments: str, timeout: float = BOUND_S) -> Answer:
        store = Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")
        environ = {**os.environ, "RECAST_HOME": str(home), "RECAST_IMAGE_STORE": str(store)}
        command = [sys.executable, "-W", "error", "-m", "recast", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environ, timeout=timeout)
        return Answer(done.returncode, done.stdout, done.stderr)

    yield call


@pytest.fixture(scope="module")
def published(recast: Any) -> None:
    for command in (("image", "build", f"specs/{ANALYSIS}/1.0.0"), ("publish", f"catalogue/{ANALYSIS}.yml")):
        done = recast(*command)
        assert done.code == 0, done.err


@pytest.fixture(scope="module")
def results(recast: Any, published: None, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    slha = tmp_path_factory.mktemp("mine") / "mine.slha"
    slha.write_text(EXAMPLE.read_text().replace(" 1600.0", " 1400.0").replace(" 400.0", " 200.0"))
    run = recast("run", ANALYSIS, "-p", f"slha=@{slha}", "-p", "events=400", "-p", "batches=2", "-p", "seed=11", "-q")
    assert run.code == 0, run.err
    document = recast("results", run.out.strip(), "-o", "json").json
    found: list[dict[str, Any]] = document["results"]
    return found


def test_a_spectrum_of_ones_own_gets_a_verdict(results: list[dict[str, Any]]) -> None:
    (limit,) = [result for result in results if result["type"] == "limit"]
    assert limit["point"]["m_squark_gev"] == 1400.0
    assert limit["point"]["region"] == "MB-SSd"
    assert limit["excluded"] is True
    assert limit["xsec_ul_obs_fb"] == pytest.approx(0.90, rel=0.4)  # published, figure 10a (auxiliary); 800 events
    assert limit["xsec_ul_exp_fb"] == sorted(limit["xsec_ul_exp_fb"])
    assert limit["verdict"].startswith("Excluded at 95% CL")
    assert any("NNLO" in note for note in limit["notes"])


def test_events_of_a_hepmc3_file_get_a_verdict(recast: Any, published: None, tmp_path: Path) -> None:
    scripts = EXAMPLE.parents[1] / "scripts"
    witness = ROOT / "tests/analyses/hepmc_witness.py"
    made = [ROOT / ".venv-hepmc/bin/python", witness, scripts, EXAMPLE, "60", tmp_path]
    subprocess.run(made, check=True, capture_output=True)
    run = recast("run", ANALYSIS, "-p", f"hepmc=@{tmp_path}/events.hepmc", "-p", "batches=2", "-p", "events=25", "-q")
    assert run.code == 0, run.err
    found = recast("results", run.out.strip(), "-o", "json").json["results"]
    (limit,) = [result for result in found if result["type"] == "limit"]
    assert (limit["point"]["process"], limit["point"]["events"]) == ("hepmc", 50)
    assert limit["point"]["xsec_fb"] == pytest.approx(1.44)
    assert limit["verdict"].startswith("Excluded at 95% CL")
    assert any("GenCrossSection" in note for note in limit["notes"])
    assert any("50 of the file's 60 events" in note for note in limit["notes"])


def test_every_promised_result_is_there(results: list[dict[str, Any]]) -> None:
    flows = {result["region"]: result["steps"] for result in results if result["type"] == "cutflow"}
    assert len(flows) == 10
    for steps in flows.values():
        assert steps[0]["name"] == "preselection"
        events = [step["events"] for step in steps]
        assert events == sorted(events, reverse=True)
        assert all(step["error"] >= 0.0 for step in steps)
    yields = next(result for result in results if result["type"] == "yields")["regions"]
    shares = {row["region"]: row for row in next(r for r in results if r["type"] == "efficiency")["regions"]}
    for row in yields:
        assert row["signal"] == pytest.approx(shares[row["region"]]["efficiency"] * limit_xsec(results) * 139.0)
    media = {result["media_type"] for result in results if result["type"] == "plot"}
    assert media == {"image/png", "application/pdf"}


def limit_xsec(results: list[dict[str, Any]]) -> float:
    found: float = next(result for result in results if result["type"] == "limit")["point"]["xsec_fb"]
    return found


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "slha",
            b"BLOCK MASS\n 1000011 300.\n 1000022 100.\nDECAY 1000011 1.\n 1.0 2 1000022 11\n",
            "is not in BLOCK MASS",
        ),
        ("slha", b"BLOCK MASS\n 1000021 nan\n", "nan is not a number"),
        ("lhe", gzip.compress(b"<LesHouchesEvents>\n<init>\n", mtime=0)[:-4], "cut off"),
        ("hepmc", b"HepMC::Asciiv3-START_EVENT_LISTING\nE 0 1 3\n", "cut off"),
    ],
)
def test_what_cannot_be_used_fails_with_its_reason(
    recast: Any, published: None, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / "bad.txt").write_bytes(content)
    answer = recast("run", ANALYSIS, "-p", f"{name}=@{tmp_path}/bad.txt", "-p", "events=10")
    assert answer.code == 3
    assert words in answer.err
    assert "Traceback" not in answer.err


def test_a_cross_section_with_a_unit_in_its_value_is_refused_before_anything_runs(recast: Any, published: None) -> None:
    answer = recast("run", ANALYSIS, "--example", "demo", "-p", "xsec_fb=1.4 pb")
    assert answer.code == 3
    assert "fb" in answer.err
