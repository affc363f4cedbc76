"""A workflow's file by any of its names: the run keeps the one that it has in its own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from recast.catalogue.entries.local_workflow import load_file
from recast.errors import SpecError
from tests.conftest import Recast

WORKFLOW = """
stages:
- name: a
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {q: {step: init, output: q}}
    step: {$ref: 'linked.yml#/s'}
"""
STEP = """
s:
  process: {process_type: string-interpolated-cmd, cmd: 'echo {q} > o.txt'}
  environment: {environment_type: localproc-env}
  publisher: {publisher_type: interpolated-pub, publish: {o: '{workdir}/o.txt'}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec with links to its files, as the working directory."""
    spec = tmp_path / "spec"
    (spec / "sub").mkdir(parents=True)
    (spec / "wf.yml").write_text(WORKFLOW)
    (spec / "step.yml").write_text(STEP)
    (spec / "linked.yml").symlink_to("step.yml")
    (spec / "link.yml").symlink_to("wf.yml")
    (spec / "sub" / "up.yml").symlink_to("../wf.yml")
    (spec / "self").symlink_to(".")
    (tmp_path / "top").symlink_to("spec")
    monkeypatch.chdir(spec)
    return spec


NAMES = ["wf.yml", "./wf.yml", "link.yml", "sub/../wf.yml", "sub/up.yml", "self/link.yml", "../top/wf.yml"]


@pytest.mark.parametrize("toplevel", [".", "self", "../top", "sub/.."])
@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_the_resolved_one_below_the_toplevel(folder: Path, name: str, toplevel: str) -> None:
    for said in (name, str(folder / name)):
        loaded = load_file(said, Path(toplevel))
        assert loaded.path == "wf.yml"
        assert set(loaded.files) == {"wf.yml", "linked.yml"}


def test_a_file_outside_is_refused_with_the_toplevel_that_would_do(folder: Path) -> None:
    with pytest.raises(SpecError, match="outside of the toplevel") as caught:
        load_file("up.yml", Path("sub"))
    assert caught.value.next_step == f"--toplevel {folder}"


@pytest.mark.parametrize(
    "arguments",
    [("link.yml",), ("sub/../wf.yml", "--toplevel", "."), ("{folder}/sub/up.yml", "--toplevel", "{folder}")],
)
def test_a_run_that_exists_can_be_looked_at(folder: Path, arguments: tuple[str, ...], recast: Recast) -> None:
    ran = recast("run", *(text.format(folder=folder) for text in arguments), "-p", "q=1", "--allow-host-process", "-q")
    assert ran.code == 0, ran.err
    for command in ("show", "status", "resume", "cancel"):
        looked = recast(command, ran.out.strip())
        assert looked.code == 0, (command, looked.err)
