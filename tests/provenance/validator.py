"""roc-validator, in the Python of its own, as a function."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.waiting import BOUND_S

__all__ = ["UNSATISFIABLE", "judged"]

UNSATISFIABLE = "process-run-crate-0.5_5.1"
"""The validator wants `http...` as the id of every SoftwareSourceCode, also of the main workflow, which is a file."""


def judged(severity: str, *folders: Path) -> dict[str, list[list[str]]]:
    """Let roc-validator judge crates, offline; return its findings by folder as (check, message, entity)."""
    python = Path(os.environ.get("CRATE_PYTHON") or ROOT / ".venv-crate/bin/python")
    assert python.exists(), f"roc-validator is missing at {python}; type: make setup-test"
    script = Path(__file__).parent / "judge.py"
    command = [str(python), str(script), severity, *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOUND_S)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[list[str]]] = json.loads(done.stdout)
    return found
