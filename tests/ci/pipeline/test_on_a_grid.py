"""Validation runs on a real Slurm: the executor of a pipeline is the one that it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.rundir import RunDirectory
from tests.ci.pipeline.conftest import Here
from tests.ci.pipeline.repository import Repository
from tests.e2e.grid import bed

pytestmark = pytest.mark.slow


def test_a_change_is_validated_on_the_grid(
    ci: Here, repository: Repository, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bed("slurm") as found:
        for name, value in {**found, "RECAST_SLURM_QUICK_POLL_S": "0.5", "RECAST_SLURM_POLL_S": "2"}.items():
            monkeypatch.setenv(name, value)
        code, first = ci.run("--update-reference", "--executor", "slurm")
        assert (code, first["word"]) == (0, "passed"), ci.err
        repository.cut_at(400)
        code, report = ci.run("--executor", "slurm")
        assert (code, report["word"], report["mode"]) == (7, "moved", "paired"), ci.err
    assert [(run["jobs"], run["stages"]) for run in report["runs"]] == [(1, ["select"])]
    runs = [RunDirectory(path) for path in (home / "runs").iterdir()]
    assert {run.request().executor for run in runs} == {"slurm"}
