"""Runs from Python: begun, waited for, asked, cancelled, gone on with."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

import recast
from recast.errors import InputError, NotFound, RunLocked, WorkflowFailed
from tests.waiting import BOUND_S, until

WORKFLOW = """
stages:
- name: hello
  dependencies: [init]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {who: {stages: init, output: who, unwrap: true}, out: '{workdir}/out.txt'}
    step:
      process: {process_type: string-interpolated-cmd, cmd: "COMMAND"}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {greeting: out}}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    return written(tmp_path, "echo hello {who} > {out}")


def written(folder: Path, command: str) -> Path:
    path = folder / "workflow.yml"
    path.write_text(WORKFLOW.replace("COMMAND", command))
    return path


def test_a_run_in_one_line(home: Path, spec: Path) -> None:
    run = recast.run(spec, who="world", allow_host_process=True)
    assert run.state == "succeeded"
    (result,) = run.results
    assert (result.name, result.type) == ("hello.greeting", "file")
    assert isinstance(result, recast.File)
    assert result.path.read_text() == "hello world\n"
    assert [step["id"] for step in run.steps] == ["/init/0", "/hello/0"]
    assert run.id in repr(run) and "succeeded" in repr(run)
    assert run.status()["state"] == "succeeded"
    assert recast.open_run().id == run.id == recast.open_run(run.id[:6]).id
    assert [row["run"] for row in recast.list_runs()] == [run.id]
    assert run.explain("/hello/0")["state"] == "succeeded"


def test_inputs_in_a_map_may_be_called_as_an_option(home: Path, spec: Path) -> None:
    run = recast.run(spec, {"who": "map"}, allow_host_process=True, name="monday")
    assert recast.open_run("monday").id == run.id


def test_a_plan_writes_nothing(home: Path, spec: Path) -> None:
    plan = recast.plan(spec, who="world", allow_host_process=True)
    assert [(step["id"], step["action"]) for step in plan["steps"]] == [("/init/0", "run"), ("/hello/0", "run")]
    assert len(recast.list_runs()) == 0


def test_what_fails_is_raised_with_the_log(home: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkflowFailed, match="/hello/0 failed") as caught:
        recast.run(written(tmp_path, "echo oh no {who}; touch {out}; exit 7"), who="x", allow_host_process=True)
    assert "oh no" in caught.value.why
    run = recast.open_run()
    assert run.log("hello") == run.log() == "oh no x\n"
    assert run.failed_steps() == ["/hello/0"]
    with pytest.raises(WorkflowFailed):
        run.resume()
    with pytest.raises(NotFound, match="no results"):
        _ = run.results


def test_a_run_goes_on_without_us_and_is_cancelled(home: Path, tmp_path: Path) -> None:
    spec = written(tmp_path, "touch {out} {who}; while [ -e {out} ]; do sleep 0.05; done")
    run = recast.run(spec, who="x", allow_host_process=True, wait=False)
    until(lambda: run.status()["in_flight"] and run.status()["in_flight"][0]["state"] == "running")
    assert run.state == "running"
    with pytest.raises(RunLocked):
        run.resume()
    with pytest.raises(TimeoutError, match="is still running"):
        run.wait(timeout_s=0.1)
    assert "asked to cancel" in run.cancel()
    with pytest.raises(WorkflowFailed):
        run.wait(timeout_s=BOUND_S)
    assert run.state == "cancelled"


def test_bad_inputs_make_no_run(home: Path, spec: Path) -> None:
    with pytest.raises(InputError):
        recast.run(spec, who=float("nan"), allow_host_process=True)
    with pytest.raises(NotFound):
        recast.run("no-such-analysis")
    with pytest.raises(NotFound):
        recast.open_run("last")
    assert len(recast.list_runs()) == 0


def test_a_warning_is_a_warning(home: Path, spec: Path) -> None:
    with pytest.warns(UserWarning, match="looks like a password"):
        recast.run(spec, who="x", eospass="hunter2x", allow_host_process=True)
    heard: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recast.run(spec, who="x", eospass="hunter2x", allow_host_process=True, say=heard.append)
    assert any("looks like a password" in line for line in heard)


def test_names_that_are_not_there(home: Path) -> None:
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        _ = recast.rum
    assert set(recast.__all__) <= set(dir(recast))


def test_import_recast_imports_next_to_nothing() -> None:
    code = "import sys, typing; before = set(sys.modules); import recast; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=BOUND_S)
    assert set(done.stdout.split()) <= {"recast", "recast._version", "__future__"}


def test_a_script_from_beginning_to_end(home: Path, spec: Path, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
        import recast
        run = recast.run({str(spec)!r}, who="script", allow_host_process=True)
        for path in run.export("json", "out"):
            print(path)
        """)
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", script], cwd=tmp_path, capture_output=True, text=True, timeout=BOUND_S
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "out/results.json", "")
