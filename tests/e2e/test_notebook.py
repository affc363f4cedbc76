"""The notebook of the Python API, cell by cell, in a real kernel."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.waiting import BOUND_S

NOTEBOOK = ROOT / "docs/tutorials/ask-from-python.ipynb"
PUBLISHED_CLS = 0.021373283911064852
"""CLs observed of the notebook's point: HEPData 89408.v3/r2, as fitted for ATL-PHYS-PUB-2019-029."""

EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=int(sys.argv[3]), kernel_name="python3").execute()
nbformat.write(book, sys.argv[2])
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """The cells after the notebook was executed in a folder of its own."""
    folder = tmp_path_factory.mktemp("notebook")
    python = ROOT / ".venv-notebook/bin/python"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECAST_", "XDG_", "PYTHON"))}
    images = os.environ.get("RECAST_TEST_IMAGES") or str(ROOT / ".cache/images")
    environ = {
        **kept, "HOME": str(folder), "RECAST_HOME": str(folder / "home"), "RECAST_IMAGE_STORE": images,
        "RECAST_SITE": "", "RECAST_CONFIG": "", "IPYTHONDIR": str(folder / "ipython"),
    }  # fmt: skip
    done = subprocess.run(
        [python, "-c", EXECUTE, NOTEBOOK, folder / "done.ipynb", str(int(BOUND_S))],
        cwd=folder, env=environ, capture_output=True, text=True, timeout=BOUND_S,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    cells: list[Any] = json.loads((folder / "done.ipynb").read_text())["cells"]
    return cells


def output(cells: list[Any], beginning: str) -> str:
    """Return all that a cell printed, by the beginning of its code, as text and as HTML."""
    (cell,) = [it for it in cells if it["cell_type"] == "code" and "".join(it["source"]).startswith(beginning)]
    told = [part.get("text", "") for part in cell["outputs"]]
    told += [text for part in cell["outputs"] for text in part.get("data", {}).values()]
    return "\n".join("".join(text) for text in told)


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert all(not cell["outputs"] for cell in cells if cell["cell_type"] == "code")


def test_every_cell_runs_and_says_nothing_on_stderr(executed: list[Any]) -> None:
    parts = [part for cell in executed if cell["cell_type"] == "code" for part in cell["outputs"]]
    assert not [part for part in parts if part.get("name") == "stderr" or part["output_type"] == "error"]


def test_the_catalogue_and_the_answer_are_shown(executed: list[Any]) -> None:
    assert "<td>atlas-susy-2018-31</td>" in output(executed, "import recast")
    assert "<td>yes</td>" in output(executed, "recast.which")
    assert "Excluded at 95% CL" in output(executed, "limit = ")
    numbers = output(executed, "limit = ").rpartition("(")[0]
    assert f"{PUBLISHED_CLS:.5f}"[:6] in output(executed, "limit = "), numbers
    assert "excluded" in output(executed, "run.results.to_pandas")
    assert "/fit/0" in output(executed, "run.steps") or "<td>succeeded</td>" in output(executed, "run.steps")


def test_progress_is_one_line_that_changes(executed: list[Any]) -> None:
    shown = output(executed, "run = ")
    assert shown.count("<progress") == 1
    assert "succeeded" in shown
