"""A run goes on with the spec that it says it has, and with no other; so does a crate."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.conftest import Recast

STEP = {
    "process": {"process_type": "string-interpolated-cmd", "cmd": "false"},
    "environment": {"environment_type": "localproc-env"},
    "publisher": {"publisher_type": "constant-pub", "publish": {}},
}
SCHEDULER = {"scheduler_type": "singlestep-stage", "parameters": {}, "step": {"$ref": "steps/step.yml"}}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    folder = tmp_path / "spec"
    (folder / "steps").mkdir(parents=True)
    stages = [{"name": "a", "dependencies": ["init"], "scheduler": SCHEDULER}]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    (folder / "steps/step.yml").write_text(yaml.safe_dump(STEP))
    return folder


def edited(spec: Path) -> str:
    (spec / "steps/step.yml").write_text(yaml.safe_dump({**STEP, "publisher": None}))
    return "steps/step.yml"


def gone(spec: Path) -> str:
    (spec / "steps/step.yml").unlink()
    return "steps/step.yml"


def all_gone(spec: Path) -> str:
    shutil.rmtree(spec)
    return "steps/step.yml"


def linked(spec: Path) -> str:
    (spec / "steps/step.yml").rename(spec.parent / "step.yml")
    (spec / "steps/step.yml").symlink_to(spec.parent / "step.yml")
    return "steps/step.yml"


def added(spec: Path) -> str:
    (spec / "more.yml").write_text("a: 1")
    return "more.yml"


@pytest.mark.parametrize("change", [edited, gone, all_gone, linked, added])
def test_an_edited_spec_is_refused_by_name(
    change: Callable[[Path], str], spec: Path, recast: Recast, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    ran = recast("run", "workflow.yml", "--toplevel", spec, "--allow-host-process", "-q", "--workdir", work)
    assert ran.code == 1
    name = change(work / "spec")
    for command in (["resume"], ["results", "--export", "ro-crate", str(tmp_path / "crate")]):
        said = recast(command[0], "last", *command[1:])
        assert (said.code, "Traceback" in said.err) == (3, False), said.err
        assert "run.spec-edited" in said.err
        assert repr(name) in said.err
        assert "next" in said.err
    assert not (tmp_path / "crate").exists()


def test_a_run_whose_spec_is_as_it_was_goes_on(spec: Path, recast: Recast) -> None:
    assert recast("run", "workflow.yml", "--toplevel", spec, "--allow-host-process", "-q").code == 1
    (spec / "workflow.yml").write_text("stages: []")  # not the run's
    again = recast("resume", "last", "-q")
    assert (again.code, "run.spec-edited" in again.err) == (1, False)
    assert "warning" not in recast("show", "last").err
