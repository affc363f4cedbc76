"""Bad input of every kind: what, where, why, what to type next, the documented exit code, and nothing changed."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml

from recast.journal import RunLock
from tests.conftest import TESTSPECS, Answer, Recast

MAPREDUCE = TESTSPECS / "mapreduce"


def told(answer: Answer, code: int, *words: str) -> None:
    """Check the exit code, the four lines, and that certain words are among them."""
    assert answer.code == code, answer.err
    assert "Traceback" not in answer.err
    assert "error [" in answer.err
    assert "  next  " in answer.err, answer.err
    for word in words:
        assert word in answer.err, answer.err


def spec(folder: Path, stages: list[dict[str, object]]) -> Path:
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def stage(name: str, after: list[str], parameters: dict[str, object], command: str = "true") -> dict[str, object]:
    step = {
        "process": {"process_type": "string-interpolated-cmd", "cmd": command},
        "environment": {"environment_type": "localproc-env"},
        "publisher": {"publisher_type": "constant-pub", "publish": {"out": "done"}},
    }
    scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
    return {"name": name, "dependencies": after, "scheduler": scheduler}


def test_unknown_analysis(recast: Recast) -> None:
    told(recast("run", "atlas-nothing"), 6, "No analysis 'atlas-nothing'")


def test_unknown_run_and_command(recast: Recast) -> None:
    told(recast("show", "last"), 6, "No run 'last'")
    told(recast("frobnicate"), 2)
    told(recast("run", "x.yml", "--max-parallel", "none"), 2)


def test_a_usage_error_is_one_line(recast: Recast) -> None:
    answer = recast("catalogue", "create", "my-search")
    assert answer.code == 2
    assert answer.err.splitlines()[0].endswith("Missing option '--shape'. Choose from: likelihood, events, yadage")


def test_unknown_workflow_file(recast: Recast, tmp_path: Path) -> None:
    told(recast("run", "nowhere.yml", "--toplevel", tmp_path), 6, "nowhere.yml")


@pytest.mark.parametrize(
    ("assignment", "words"),
    [("input", "is not an assignment"), ("input=[1, 2", "did not find expected"), ("input=2020-01-01", "quote it")],
)
def test_inputs_that_cannot_be_read(recast: Recast, home: Path, assignment: str, words: str) -> None:
    answer = recast("run", "workflow.yml", "--toplevel", MAPREDUCE, "-p", assignment, "--allow-host-process")
    told(answer, 3, words)
    assert not (home / "runs").exists()


def test_a_missing_input_is_named_before_anything_runs(recast: Recast, home: Path) -> None:
    answer = recast("run", "workflow.yml", "--toplevel", MAPREDUCE, "--allow-host-process")
    told(answer, 3, "'input' is missing", "workflow.yml:", "-p input=")
    assert not (home / "runs").exists()


def test_an_input_of_the_wrong_type_is_refused_before_anything_runs(recast: Recast, home: Path) -> None:
    answer = recast("run", "workflow.yml", "--toplevel", MAPREDUCE, "-p", "input=text", "--allow-host-process")
    told(answer, 3, "is scattered but is not a list", "workflow.yml:")
    assert not (home / "runs").exists()


def test_a_yaml_bomb_is_refused(recast: Recast, tmp_path: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    names = "abcdefghij"
    lines += [f"{new}: &{new} [{', '.join(['*' + old] * 9)}]" for old, new in itertools.pairwise(names)]
    (tmp_path / "workflow.yml").write_text("\n".join(lines))
    told(recast("run", "workflow.yml", "--toplevel", tmp_path, timeout=20), 3, "workflow.yml")


def test_a_stage_that_does_not_exist(recast: Recast, tmp_path: Path) -> None:
    spec(tmp_path, [stage("one", ["init"], {}), stage("two", ["onee"], {})])
    told(
        recast("run", "workflow.yml", "--toplevel", tmp_path, "--allow-host-process"), 3, "onee", "one", "workflow.yml:"
    )


def test_a_cycle(recast: Recast, tmp_path: Path) -> None:
    spec(tmp_path, [stage("one", ["two"], {}), stage("two", ["one"], {})])
    told(recast("run", "workflow.yml", "--toplevel", tmp_path, "--allow-host-process"), 3, "one", "two")


def test_a_placeholder_without_parameter(recast: Recast, tmp_path: Path) -> None:
    spec(tmp_path, [stage("one", ["init"], {"a": 1}, "echo {b}")])
    told(recast("run", "workflow.yml", "--toplevel", tmp_path, "--allow-host-process"), 3, "{b}", "workflow.yml:")


def test_a_host_process_without_permission(recast: Recast) -> None:
    answer = recast("run", "workflow.yml", "--toplevel", MAPREDUCE, "-p", "input=[1]")
    told(answer, 5, "--allow-host-process", "localproc-env")


def test_a_directory_that_holds_something(recast: Recast, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work/precious").write_text("keep me")
    arguments = ["run", "workflow.yml", "--toplevel", MAPREDUCE, "-p", "input=[1]", "--allow-host-process"]
    told(recast(*arguments, "--workdir", tmp_path / "work"), 2, "not empty")
    assert (tmp_path / "work/precious").read_text() == "keep me"


def test_two_drivers_of_one_run(recast: Recast, tmp_path: Path) -> None:
    arguments = ["run", "workflow.yml", "--toplevel", MAPREDUCE, "-p", "input=[1]", "--allow-host-process", "-q"]
    assert recast(*arguments, "--workdir", tmp_path / "work").code == 0
    with RunLock(tmp_path / "work/lock"):
        told(recast("resume", tmp_path / "work"), 4, "Another process drives this run", "recast status")


def test_a_damaged_run(recast: Recast, tmp_path: Path) -> None:
    arguments = ["run", "workflow.yml", "--toplevel", MAPREDUCE, "-p", "input=[1]", "--allow-host-process", "-q"]
    assert recast(*arguments, "--workdir", tmp_path / "work").code == 0
    (tmp_path / "work/journal.sqlite").write_bytes(b"not a database, whatever its name says" * 200)
    told(recast("show", tmp_path / "work"), 4, "journal")
