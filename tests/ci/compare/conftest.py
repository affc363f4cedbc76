"""Scipy as a judge: one process that answers questions, a line each."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

Judge = Callable[..., Any]


@pytest.fixture(scope="session")
def scipy_says() -> Iterator[Judge]:
    """Ask scipy: `scipy_says("chi2_sf", 3.8, 1)`."""
    python = Path(os.environ.get("FIT_PYTHON") or ROOT / ".venv-fit/bin/python")
    assert python.exists(), f"scipy is missing at {python}; type: make setup-test"
    script = Path(__file__).parent / "scipy_judge.py"
    with subprocess.Popen(
        [str(python), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as judge:
        assert judge.stdin is not None and judge.stdout is not None

        def ask(name: str, *arguments: Any) -> Any:
            judge.stdin.write(json.dumps([name, arguments]) + "\n")
            judge.stdin.flush()
            line = judge.stdout.readline()
            assert line, "scipy's process has ended"
            return json.loads(line)

        yield ask
        judge.stdin.close()
        judge.wait(30)
