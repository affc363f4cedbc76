"""A run that was begun by older code goes on, and can be looked at."""

from __future__ import annotations

import tarfile
from pathlib import Path

from tests.conftest import ROOT, Recast


def test_a_run_that_old_code_left_interrupted_is_resumed(recast: Recast, home: Path) -> None:
    with tarfile.open(ROOT / "tests/data/old-runs/interrupted.tar.gz") as archive:
        archive.extractall(home, filter="data")
    before = recast("show", "last", "-o", "json").json
    assert before["state"] == "interrupted"
    assert [step["state"] for step in before["steps"]] == ["succeeded"] * 4 + ["submitted", "waiting"]

    resumed = recast("resume", "last")
    assert resumed.code == 0, resumed.err
    after = recast("show", "last", "-o", "json").json
    assert after["state"] == "succeeded"
    assert {step["id"]: step["attempts"] for step in after["steps"]} == {
        "/init/0": 0, "/first/0": 1, "/first/1": 1, "/first/2": 1, "/gate/0": 2, "/last/0": 1,
    }  # fmt: skip
    (result,) = recast("results", "last", "-o", "json").json["results"]
    assert Path(result["path"]).read_text() == "three\ntwo\none\n"
    assert recast("explain", "last", "/gate/0").code == 0
    assert recast("results", "last", "--export", "ro-crate", home / "crate").code == 0
