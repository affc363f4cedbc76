"""Every command of the tutorials is run, in order, and what they show is what comes out."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.tutorials.blocks import blocks, missing
from tests.waiting import BOUND_S

PAGES = ("ask-a-preserved-analysis", "ask-by-http", "preserve-your-first-analysis")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that has the checkout's specs and catalogue, and gets what the reader makes."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_tutorial(page: str, checkout: Path, tmp_path: Path) -> None:
    if page.startswith("ask"):
        for name in ("specs", "catalogue"):
            (checkout / name).symlink_to(ROOT / name)
    environ = {
        **os.environ,
        "RECAST_HOME": str(tmp_path / "home"),
        "RECAST_IMAGE_STORE": os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images"),
        "RECAST_CONFIG": "",
        "RECAST_SITE": "",
        "RECAST_SHIPPED": str(ROOT / "catalogue"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    for block in blocks(ROOT / f"docs/tutorials/{page}.md"):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.commands],
            cwd=checkout, env=environ, text=True, timeout=BOUND_S, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, f"{page}.md:{block.line}\n{block.commands}\n{done.stdout}"
        assert not missing(block.shown, done.stdout), f"{page}.md:{block.line}\n{done.stdout}"


def test_the_tutorials_lead_to_pages_that_are_there() -> None:
    for page in (ROOT / "docs/tutorials").glob("*.md"):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_what_is_missing_is_noticed() -> None:
    assert missing(("a … c", "x"), "a  b   c\n") == ["x"]
    assert missing(("a … c",), "c b a\n") == ["a … c"]
