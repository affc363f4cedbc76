"""Specs to load: the corpus, small ones written by a test, and the real yadage-schemas as oracle."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from spec_parts import Specs

from tests.waiting import BOUND_S

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "data" / "corpus"


@dataclass(frozen=True)
class CorpusFile:
    """A workflow of the corpus, and what yadage-schemas 0.11.1 is known to say of it."""

    path: str
    toplevel: Path
    verdict: str


@pytest.fixture(scope="session")
def corpus() -> list[CorpusFile]:
    folder = CORPUS.resolve()
    found = []
    for name, (verdict, toplevel, *_) in json.loads((folder / "VALIDATION.json").read_text()).items():
        top = (folder / name.split("/")[0] / toplevel).resolve()
        found.append(CorpusFile((folder / name).relative_to(top).as_posix(), top, verdict))
    assert found
    return found


@pytest.fixture
def specs(tmp_path: Path) -> Specs:
    return Specs(tmp_path)


@pytest.fixture(scope="session")
def yadage_says():
    """Ask the real yadage-schemas about many files and documents in one process."""
    python = Path(os.environ.get("YADAGE_PYTHON") or ROOT / ".venv-yadage" / "bin" / "python")
    if not python.is_file():
        pytest.fail(
            "The oracle is missing. Type: python3.11 -m venv .venv-yadage && "
            ".venv-yadage/bin/pip install yadage==0.21.2 yadage-schemas==0.11.1 packtivity==0.17.1 'setuptools<81' "
            "(or set YADAGE_PYTHON to the python of a yadage installation)",
            pytrace=False,
        )

    def ask(files=(), documents=()):
        answer = subprocess.run(
            [python, Path(__file__).with_name("yadage_verdicts.py")],
            input=json.dumps({"files": list(files), "documents": list(documents)}),
            capture_output=True,
            text=True,
            timeout=BOUND_S,
        )
        assert answer.returncode == 0, answer.stderr
        return json.loads(answer.stdout)

    return ask
