"""A store whose files are damaged behind our back: right results or an error that names the file, never a wrong one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Answer, Recast

WORKFLOW = """
stages:
- name: make
  dependencies: [init]
  scheduler:
    scheduler_type: multistep-stage
    parameters:
      number: {stages: init, output: numbers, unwrap: true}
      out: '{workdir}/out.txt'
    scatter: {method: zip, parameters: [number]}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'echo number {number} > {out}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {out: out}}
- name: add
  dependencies: [make]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      parts: {stages: make, output: out}
      given: {step: init, output: given}
      out: '{workdir}/all.txt'
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'test -e GATE && cat {parts} {given} > {out}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {all: out}}
"""
RIGHT = "number 1\nnumber 2\nnumber 3\ngiven\n"


def flip(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    with path.open("r+b") as file:
        file.write(content)


def flip_unseen(path: Path) -> None:
    before = path.stat()
    flip(path)
    path.chmod(before.st_mode & 0o777)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def cut(path: Path) -> None:
    os.chmod(path, 0o644)
    os.truncate(path, 1)


HARMS = [flip, flip_unseen, cut, Path.unlink]


@pytest.fixture
def start(tmp_path: Path, recast: Recast, home: Path) -> Callable[..., Answer]:
    """Run the workflow, with more arguments."""
    (tmp_path / "workflow.yml").write_text(WORKFLOW.replace("GATE", str(tmp_path / "gate")))
    (tmp_path / "init").mkdir()
    (tmp_path / "init/given.txt").write_text("given\n")

    def run(*more: str) -> Answer:
        arguments = ["--toplevel", tmp_path, "--initdir", tmp_path / "init", "--allow-host-process"]
        values = ["-p", "numbers=[1, 2, 3]", "-p", "given=given.txt"]
        return recast("run", "workflow.yml", *arguments, *values, *more)

    return run


def harm_all(home: Path, harm: Callable[[Path], None]) -> int:
    files = [path for path in (home / "artifacts/sha256").rglob("*") if path.is_file()]
    for path in files:
        harm(path)
    return len(files)


def assert_right(recast: Recast, home: Path, run: str = "last") -> None:
    shown = recast("show", run, "-o", "json").json
    assert shown["state"] == "succeeded"
    folder = home / "runs" / shown["run"]
    assert (folder / "work/add/all.txt").read_text() == RIGHT
    assert (folder / "work/make_0/out.txt").read_text() == "number 1\n"


@pytest.mark.parametrize("harm", HARMS, ids=["flipped", "flipped, its time put back", "cut", "gone"])
def test_a_finished_run_whose_files_are_all_damaged(
    start: Callable[..., Answer], recast: Recast, home: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    (tmp_path / "gate").touch()
    assert start().code == 0
    assert harm_all(home, harm) == 5
    again = start()
    assert again.code == 0, again.err
    assert_right(recast, home)
    assert "from the cache" not in again.err, "nothing of it was whole"
    for more in (["--no-cache"], []):
        harm_all(home, harm)
        assert start(*more).code == 0
        assert_right(recast, home)
    whole = start()
    assert "4 from the cache" in whole.err, "what was made again is believed"
    assert_right(recast, home)
    for path in list((home / "artifacts/sha256").rglob("*")):
        if path.is_file() and path.read_text() != "given\n":
            harm(path)
    resumed = recast("resume", "last")
    assert resumed.code == 0, resumed.err
    assert_right(recast, home)
    assert "succeeded" in recast("resume", "last").err


@pytest.mark.parametrize("harm", HARMS, ids=["flipped", "flipped, its time put back", "cut", "gone"])
def test_a_run_goes_on_over_damaged_files(
    start: Callable[..., Answer], recast: Recast, home: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    assert start().code == 1, "the gate is closed"
    for path in list((home / "artifacts/sha256").rglob("*")):
        if path.is_file() and path.read_text() != "given\n":
            harm(path)
    (tmp_path / "gate").touch()
    resumed = recast("resume", "last")
    assert resumed.code == 0, resumed.err
    assert_right(recast, home)


@pytest.mark.parametrize("harm", [flip_unseen, Path.unlink], ids=["flipped, its time put back", "gone"])
def test_an_input_that_is_damaged_is_named(
    start: Callable[..., Answer], recast: Recast, home: Path, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    assert start().code == 1
    harm_all(home, harm)
    (tmp_path / "gate").touch()
    resumed = recast("resume", "last")
    assert resumed.code == 4
    assert "given.txt" in resumed.err
    assert "sha256:" in resumed.err
    assert "hand it in again" in resumed.err


def test_a_step_that_leaves_other_bytes_the_second_time_is_not_believed(
    recast: Recast, home: Path, tmp_path: Path
) -> None:
    text = WORKFLOW.replace("GATE", str(tmp_path / "gate")).replace("echo number {number}", "date +%s%N")
    (tmp_path / "workflow.yml").write_text(text)
    (tmp_path / "init").mkdir()
    (tmp_path / "init/given.txt").write_text("given\n")
    arguments = ["--toplevel", tmp_path, "--initdir", tmp_path / "init", "--allow-host-process"]
    assert recast("run", "workflow.yml", *arguments, "-p", "numbers=[1]", "-p", "given=given.txt").code == 1
    lost = [path for path in (home / "artifacts/sha256").rglob("*") if path.is_file() and path.read_text() != "given\n"]
    for path in lost:
        path.unlink()
    (tmp_path / "gate").touch()
    resumed = recast("resume", "last")
    assert resumed.code == 1
    assert lost[0].parent.name + lost[0].name in resumed.err
    assert "other bytes" in resumed.err
