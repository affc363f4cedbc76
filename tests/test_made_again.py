"""Shared fixtures that fail: once more for the next test, then no more; and a test that hangs says where it stood."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.waiting import BOUND_S

CONFTEST = """
import pytest
from tests.made_again import MadeAgain

def pytest_configure(config):
    config.pluginmanager.register(MadeAgain())

tries = []

@pytest.fixture(scope="session")
def bed():
    tries.append(1)
    if len(tries) <= FAILURES:
        raise RuntimeError("not within 60 s")
    yield len(tries)

@pytest.fixture(scope="session")
def upon(bed):
    return bed
"""
TESTS = """
import pytest

@pytest.mark.parametrize("n", range(5))
def test_it(upon, n):
    assert upon
"""


def said(folder: Path, tests: str, conftest: str = "", *arguments: str) -> str:
    (folder / "conftest.py").write_text(conftest)
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), *arguments]
    done = subprocess.run(
        [*command, str(folder)],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=BOUND_S,
    )
    return done.stdout


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_shared_fixture_is_made_again_for_the_next_test(tmp_path: Path, workers: tuple[str, ...]) -> None:
    out = said(tmp_path, TESTS, CONFTEST.replace("FAILURES", "1"), *workers)
    assert "4 passed, 1 error" in out
    assert "session fixture bed: RuntimeError: not within 60 s; made again for the session: it is there" in out


def test_it_is_made_again_once(tmp_path: Path) -> None:
    out = said(tmp_path, TESTS, CONFTEST.replace("FAILURES", "2"))
    assert "5 errors" in out
    assert "made again: RuntimeError: not within 60 s; given up" in out


def test_one_that_nobody_wants_again(tmp_path: Path) -> None:
    out = said(tmp_path, TESTS.replace("range(5)", "range(1)"), CONFTEST.replace("FAILURES", "1"))
    assert "1 error" in out
    assert "not within 60 s; nobody wanted it again" in out


def test_a_test_that_hangs_says_where_it_stood(tmp_path: Path) -> None:
    hangs = "import asyncio\n\ndef test_it():\n    asyncio.run(asyncio.Event().wait())  # here it stands\n"
    out = said(tmp_path, hangs, "", "--timeout", "1")
    assert "Timeout (>1.0s)" in out
    assert "here it stands" in out
