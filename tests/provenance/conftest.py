"""Crates of real runs, and the validator that judges them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

Judge = Callable[..., dict[str, list[list[str]]]]

WHO = {
    "RECAST_USER_NAME": "Ada Byron",
    "RECAST_USER_ORCID": "0000-0002-1825-0097",
    "RECAST_USER_AFFILIATION": "Example University",
    "RECAST_USER_AFFILIATION_URL": "https://www.example.org",
}


@pytest.fixture
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user has said who it is."""
    for name, value in WHO.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Let roc-validator judge folders, offline; returns its findings by folder as (check, message, entity)."""
    python = Path(os.environ.get("CRATE_PYTHON") or ROOT / ".venv-crate/bin/python")
    assert python.exists(), f"roc-validator is missing at {python}; type: make setup-test"

    def call(severity: str, *folders: Path) -> dict[str, list[list[str]]]:
        script = Path(__file__).parent / "judge.py"
        command = [str(python), str(script), severity, *map(str, folders)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        found: dict[str, list[list[str]]] = json.loads(done.stdout)
        return found

    return call
