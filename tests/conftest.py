"""What all tests share: a home of their own, the command line, the yadage oracle's Python, the corpus."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.made_again import MadeAgain
from tests.waiting import BOUND_S

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests/data/corpus"
TESTSPECS = CORPUS / "yadage+yadage/tests/testspecs"


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Recast = Callable[..., Answer]

# A machine that is busy makes an example slow, not wrong.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Make a shared fixture that failed once more; let no search come along but where a test asks for that."""
    os.environ["RECAST_SHIPPED"] = ""
    config.pluginmanager.register(MadeAgain())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, those that wait for an engine first: none of them is left for the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (item.path not in slow, "executors" not in item.path.parts))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name no test by its bytes: those that hold a time would give it another name in each of xdist's workers."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty RECAST_HOME for this test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("RECAST_HOME", str(folder))
    for name in ("RECAST_CONFIG", "RECAST_SITE"):
        monkeypatch.setenv(name, "")  # none, whatever this machine has
    for name in ("RECAST_IMAGE_STORE", "RECAST_CATALOGUE"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def recast(home: Path) -> Recast:
    """Call the command line in a process of its own, with warnings as errors."""

    def call(*arguments: str | Path, cwd: Path | None = None, timeout: float = BOUND_S) -> Answer:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "recast", *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=timeout,
            env={**os.environ, "RECAST_HOME": str(home)},
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="session")
def yadage_python() -> Path:
    """The Python of the real yadage; a test that needs it fails, and does not skip, where it is missing."""
    python = Path(os.environ.get("YADAGE_PYTHON") or ROOT / ".venv-yadage/bin/python")
    assert python.exists(), f"the real yadage is missing at {python}; type: make setup-test"
    return python
