"""Runs with names: waited for, and removed."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
import yaml

from recast.cli.app import run
from recast.errors import UsageError
from recast.journal import RunLock
from recast.names import check_name, drop_name, naming, run_of
from recast.paths import places
from recast.prepare.inputs import user_inputs
from recast.rundir import RunDirectory, find_run
from recast.runs.remove import remove_run
from recast.runs.state import state_of, wait_for
from tests.conftest import Recast

SCHEDULER = {
    "scheduler_type": "singlestep-stage",
    "parameters": {"word": {"step": "init", "output": "word"}, "out": "{workdir}/out.txt"},
    "step": {
        "process": {"process_type": "string-interpolated-cmd", "cmd": "test {word} != bad && echo {word} > {out}"},
        "environment": {"environment_type": "localproc-env"},
        "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
    },
}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    folder = tmp_path / "spec"
    folder.mkdir()
    stages = [{"name": "say", "dependencies": ["init"], "scheduler": SCHEDULER}]
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def line(spec: Path, word: str, *more: str) -> list[str]:
    start = ["run", "workflow.yml", "--toplevel", str(spec), "-p", f"word={word}"]
    return [*start, "--allow-host-process", "-q", *more]


def made(runs: Path, name: str) -> RunDirectory:
    """Make the folder of a run as far as names, locks and removing know it."""
    folder = runs / name
    folder.mkdir(parents=True)
    (folder / "request.json").write_text("{}")
    (folder / "jobs").mkdir()
    return RunDirectory(folder)


def test_a_run_is_found_by_its_name_waited_for_and_removed(recast: Recast, spec: Path) -> None:
    began = recast(*line(spec, "hello", "--name", "monday", "--detach"))
    assert began.code == 0, began.err
    waited = recast("wait", "monday", "-o", "json")
    assert (waited.code, waited.json) == (0, {"runs": [{"run": began.out.strip(), "state": "succeeded"}]})
    assert recast("show", "monday", "-o", "json").json["run"] == began.out.strip()
    assert recast("spec", "graph", "monday", "-o", "json").code == 0
    (row,) = recast("runs", "-o", "json").json["runs"]
    assert (row["name"], row["state"]) == ("monday", "succeeded")
    twice = recast(*line(spec, "hello", "--name", "monday"))
    assert (twice.code, twice.out) == (2, "")
    assert "recast runs rm monday" in twice.err

    bad = recast(*line(spec, "bad", "--name", "tuesday"))
    assert bad.code == 1
    waited = recast("wait", "monday", "tuesday")
    assert waited.code == 1
    assert "recast resume" in waited.err
    again = recast("resume", "tuesday", "--detach")
    assert again.code == 0, again.err
    assert "detached" in again.err
    assert recast("wait", "tuesday").code == 1

    unasked = recast("runs", "rm", "monday", "tuesday")
    assert unasked.code == 2
    assert recast("runs", "rm", "monday", "tuesday", "--yes").code == 0
    assert recast("runs", "-o", "json").json["runs"] == []
    assert recast("show", "monday").code == 6
    assert recast(*line(spec, "hello", "--name", "monday")).code == 0, "the name is free again"


def give_name(runs: Path, run: str, name: str) -> None:
    with naming(runs, run, name):
        made(runs, run)


def test_a_name_belongs_to_one_run(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    give_name(runs, "0123456789", "monday")
    assert run_of(runs, "monday") == "0123456789"
    assert find_run(runs, "monday").id == "0123456789"
    with pytest.raises(UsageError, match="already"):
        give_name(runs, "9876543210", "monday")
    drop_name(runs, "9876543210", "monday")
    assert run_of(runs, "monday") == "0123456789", "only its own run gives a name back"
    (runs / "0123456789/request.json").unlink()
    give_name(runs, "9876543210", "monday")
    assert run_of(runs, "monday") == "9876543210", "that of a run that is gone is free"


def test_a_run_that_is_being_created_keeps_its_name(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with ThreadPoolExecutor(1) as other:
        with naming(runs, "0123456789", "monday"):
            late = other.submit(give_name, runs, "9876543210", "monday")
            assert wait([late], timeout=0.2).not_done, "it waits for the request of the first"
            made(runs, "0123456789")
        with pytest.raises(UsageError, match="already"):
            late.result(timeout=60)
    assert run_of(runs, "monday") == "0123456789"


def test_the_name_of_a_run_that_was_never_complete_is_free(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    with pytest.raises(KeyboardInterrupt), naming(runs, "0123456789", "monday"):
        raise KeyboardInterrupt
    give_name(runs, "9876543210", "monday")
    assert run_of(runs, "monday") == "9876543210"


@pytest.mark.parametrize("name", ["", "last", "inputs", "beef", "0abc", "a/b", "../x", "-x", "a b", "x" * 65, "ü"])
def test_what_is_not_a_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        check_name(tmp_path / "runs", name)


def test_a_run_that_is_driven_is_never_removed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = made(places().runs, "0123456789")
    with RunLock(directory.lock):
        assert state_of(directory) == "running"
        assert run(["runs", "rm", "0123", "--yes"]) == 4
    assert "drives this run" in capsys.readouterr().err
    assert directory.path.exists()
    assert run(["runs", "rm", "0123", "--yes"]) == 0
    assert not directory.path.exists()


def test_of_a_folder_of_the_users_only_what_is_the_runs_is_removed(home: Path, tmp_path: Path) -> None:
    work = made(tmp_path, "out").path
    (work / "notes.txt").write_text("mine")
    locked = work / "jobs/locked"
    locked.mkdir()
    locked.chmod(0o500)
    places().runs.mkdir(parents=True)
    (places().runs / "0123456789").symlink_to(work)
    remove_run(RunDirectory(work, "0123456789"), places())
    assert [path.name for path in work.iterdir()] == ["notes.txt"]
    assert not os.path.lexists(places().runs / "0123456789")


def test_waiting_ends_when_its_time_is_over(tmp_path: Path) -> None:
    directory = made(tmp_path / "runs", "0123456789")
    moments = iter(range(100))
    pauses: list[float] = []
    with RunLock(directory.lock):
        states = wait_for([directory], 5, lambda: float(next(moments)), pauses.append)
    assert states == {"0123456789": "running"}
    assert pauses
    assert wait_for([directory]) == {"0123456789": "interrupted"}


# -- what is said twice


def test_two_values_of_one_input_are_an_error(capsys: pytest.CaptureFixture[str], spec: Path) -> None:
    with pytest.raises(UsageError, match="'a' is given twice"):
        user_inputs((), ("a=1", "b=2", "a=1"), {})
    assert user_inputs((), ("a=1", "b=2"), {"a": 3}) == {"a": 1, "b": 2}
    assert run(line(spec, "x", "-p", "word=y")) == 2
    assert "give it once" in capsys.readouterr().err


def test_a_folder_of_a_sub_workflow_is_said_once(home: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line(spec, "x", "--subinit", f"a={spec}", "--subinit", f"a={spec}")) == 2
    assert "has two folders" in capsys.readouterr().err


def test_the_name_is_in_the_request(home: Path, spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(line(spec, "x", "--name", "wednesday")) == 0
    found = capsys.readouterr().out.strip()
    assert json.loads((places().runs / found / "request.json").read_text())["name"] == "wednesday"
