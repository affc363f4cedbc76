"""Runs that are stopped, watched and gone on with from another shell."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml

from recast.journal import RunLock
from tests.conftest import Recast
from tests.runs.test_kill import assert_nothing_runs
from tests.waiting import BOUND_S, until

WAITS = "echo begun; while [ ! -e {gate} ]; do sleep 0.05; done; echo done > {out}"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """A step that ends when a gate file is there, and one after it."""

    def stage(name: str, after: str, parameters: dict[str, object], command: str) -> dict[str, object]:
        step = {
            "process": {"process_type": "string-interpolated-cmd", "cmd": command},
            "environment": {"environment_type": "localproc-env"},
            "publisher": {"publisher_type": "frompar-pub", "outputmap": {"out": "out"}},
        }
        scheduler = {"scheduler_type": "singlestep-stage", "parameters": parameters, "step": step}
        return {"name": name, "dependencies": [after], "scheduler": scheduler}

    out = "{workdir}/out.txt"
    gate = {"gate": {"step": "init", "output": "gate"}, "out": out}
    first = {"first": {"step": "wait", "output": "out"}, "out": out}
    stages = [stage("wait", "init", gate, WAITS), stage("after", "wait", first, "cat {first} > {out}")]
    folder = tmp_path / "spec"
    folder.mkdir()
    (folder / "workflow.yml").write_text(yaml.safe_dump({"stages": stages}))
    return folder


def arguments(spec: Path, gate: Path, work: Path) -> list[str]:
    start = ["run", "workflow.yml", "--toplevel", str(spec), "-p", f"gate={gate}", "--workdir", str(work)]
    return [*start, "--allow-host-process", "--no-cache"]


def started(spec: Path, gate: Path, work: Path) -> subprocess.Popen[str]:
    """Start a run, and wait until its first payload runs."""
    command = [sys.executable, "-m", "recast", *arguments(spec, gate, work)]
    driver = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: any(log.read_text() == "begun\n" for log in work.glob("jobs/*/log")))
    return driver


def state(recast: Recast, work: Path) -> str:
    answer: str = recast("status", work, "-o", "json").json["state"]
    return answer


def test_ctrl_c_stops_the_jobs_and_resume_goes_on(spec: Path, tmp_path: Path, recast: Recast) -> None:
    work, gate = tmp_path / "work", tmp_path / "gate"
    driver = started(spec, gate, work)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=BOUND_S)
    assert driver.returncode == 130, said
    assert "recast resume" in said
    assert_nothing_runs(work)
    assert state(recast, work) == "interrupted"
    gate.touch()
    assert recast("resume", work, "-q").code == 0
    assert state(recast, work) == "succeeded"


def test_cancel_from_another_shell(spec: Path, tmp_path: Path, recast: Recast) -> None:
    work, gate = tmp_path / "work", tmp_path / "gate"
    driver = started(spec, gate, work)
    assert state(recast, work) == "running"
    told = recast("cancel", work)
    assert (told.code, str(driver.pid) in told.err) == (0, True)
    driver.communicate(timeout=BOUND_S)
    assert driver.returncode == 1
    assert_nothing_runs(work)
    shown = recast("show", work, "-o", "json").json
    assert shown["state"] == "cancelled"
    assert {step["state"] for step in shown["steps"][1:]} == {"cancelled"}
    gate.touch()
    assert recast("resume", work, "-q").code == 0
    shown = recast("show", work, "-o", "json").json
    assert [step["attempts"] for step in shown["steps"][1:]] == [2, 1]


def test_a_run_that_nobody_drives_can_be_cancelled(spec: Path, tmp_path: Path, recast: Recast) -> None:
    work = tmp_path / "work"
    driver = started(spec, tmp_path / "gate", work)
    driver.kill()
    driver.communicate(timeout=BOUND_S)
    assert_nothing_runs(work)
    assert recast("cancel", work).code == 0
    assert state(recast, work) == "cancelled"


def test_a_detached_run_goes_on_by_itself(spec: Path, tmp_path: Path, recast: Recast) -> None:
    work, gate = tmp_path / "work", tmp_path / "gate"
    answer = recast(*arguments(spec, gate, work), "--detach")
    assert answer.code == 0
    run_id = answer.out.strip()
    assert run_id in answer.err
    assert state(recast, work) == "running"
    until(lambda: any(log.read_text() == "begun\n" for log in work.glob("jobs/*/log")))
    gate.touch()
    until(lambda: state(recast, work) == "succeeded")
    listed = recast("runs", "-o", "json").json["runs"]
    assert [(row["run"], row["state"]) for row in listed] == [(run_id, "succeeded")]
    assert recast("logs", run_id[:6], "wait").out == "begun\n"


def test_who_asks_for_the_driver_does_not_keep_it_out(tmp_path: Path) -> None:
    """`recast status` takes the lock for a moment."""
    lock = RunLock(tmp_path / "lock")
    with lock.path.open("w") as asked:
        fcntl.flock(asked, fcntl.LOCK_SH)
        threading.Timer(0.05, lambda: fcntl.flock(asked, fcntl.LOCK_UN)).start()
        with lock:
            assert lock.holder() == os.getpid()


def test_logs_can_be_followed(spec: Path, tmp_path: Path, recast: Recast) -> None:
    work, gate = tmp_path / "work", tmp_path / "gate"
    driver = started(spec, gate, work)
    follower = subprocess.Popen(
        [sys.executable, "-m", "recast", "logs", str(work), "wait", "--follow"], stdout=subprocess.PIPE, text=True
    )
    assert follower.stdout is not None
    assert follower.stdout.readline() == "begun\n"
    gate.touch()
    assert follower.wait(timeout=BOUND_S) == 0
    follower.stdout.close()
    driver.communicate(timeout=BOUND_S)
    assert driver.returncode == 0
