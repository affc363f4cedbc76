"""What `recast catalogue create` writes is built, published, run and validated as it stands, in real containers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, Answer
from tests.waiting import BOUND_S

pytestmark = pytest.mark.slow

Command = Callable[..., Answer]


@pytest.fixture
def recast(tmp_path: Path) -> Command:
    """The command line in a checkout of its own; images are kept in `.cache/images`, as the bases are."""
    store = Path(os.environ.get("RECAST_TEST_IMAGES") or ROOT / ".cache/images")
    environ = {**os.environ, "RECAST_HOME": str(tmp_path / "home"), "RECAST_IMAGE_STORE": str(store)}
    (tmp_path / "checkout").mkdir()

    def call(*arguments: str) -> Answer:
        command = [sys.executable, "-W", "error", "-m", "recast", *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path / "checkout", env=environ, timeout=BOUND_S
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return call


def published(recast: Command, shape: str) -> str:
    """Create, build and publish; return the name."""
    name = f"skeleton-{shape}"
    for command in (
        ("image", "build", f"specs/{name}/0.1.0"),
        ("spec", "lint", "--strict", f"specs/{name}/0.1.0"),
        ("publish", f"catalogue/{name}.yml"),
        ("catalogue", "check", name),
    ):
        answer = recast(*command)
        assert answer.code == 0, answer.err
    return name


@pytest.mark.parametrize(
    ("shape", "example", "results"),
    [
        ("likelihood", "own", {"limit"}),
        ("events", "demo", {"limit", "cutflow", "yields", "efficiency"}),
        ("yadage", "demo", {"efficiency"}),
    ],
)
def test_a_skeleton_runs_and_validates(recast: Command, shape: str, example: str, results: set[str]) -> None:
    assert recast("catalogue", "create", f"skeleton-{shape}", "--shape", shape).code == 0
    name = published(recast, shape)
    answer = recast("run", name, "--example", example, "-q")
    assert answer.code == 0, answer.err
    assert {result["name"] for result in recast("results", "last", "-o", "json").json["results"]} == results
    verdicts = recast("validate", name, "-o", "json")
    assert verdicts.code == 0, verdicts.err
    assert {item["verdict"] for item in verdicts.json["items"]} == {"passed"}


def test_its_validation_notices_a_cut_that_is_turned_round(recast: Command, tmp_path: Path) -> None:
    assert recast("catalogue", "create", "skeleton-events", "--shape", "events").code == 0
    script = tmp_path / "checkout/specs/skeleton-events/0.1.0/files/scripts/selection.py"
    script.write_text(script.read_text().replace('event["met_gev"] >', 'event["met_gev"] <'))
    answer = recast("validate", published(recast, "events"), "-o", "json")
    assert answer.code == 1
    assert {item["verdict"] for item in json.loads(answer.out)["items"]} == {"failed"}


def test_what_does_not_fit_the_likelihood_is_refused(recast: Command) -> None:
    assert recast("catalogue", "create", "skeleton-likelihood", "--shape", "likelihood").code == 0
    name = published(recast, "likelihood")
    for inputs, words in (
        ("events=[1.0]", "2 bins"),
        ("points=[signal_7]", "no point"),
        ("points=[]", "nothing was asked"),
    ):
        answer = recast("run", name, "-p", inputs, "-q")
        assert answer.code == 3
        assert words in answer.err + recast("logs", "last", "/signals/0").out
