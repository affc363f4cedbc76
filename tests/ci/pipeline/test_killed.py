"""A pipeline that is killed goes on where it was; two of the same content share their run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.waiting import BOUND_S, until

SLOW = """BEGIN { srand(seed); for (i = 0; i < n; i++) print i, int(1000 * rand()); system("sleep 2") }
"""


def start(repository, out, home) -> subprocess.Popen:
    command = [sys.executable, "-m", "recast", "ci", "run", str(repository.root), "--out", str(out), "-o", "json"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "RECAST_HOME": str(home)}
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_pipeline_that_was_ended_goes_on_with_its_run(ci, repository, home, tmp_path, number) -> None:
    repository.write("spec/files/generate.awk", SLOW)
    first = start(repository, tmp_path / "out", home)
    try:
        until(lambda: (tmp_path / "out/runs.json").exists() or first.poll() is not None, "the run")
        [run] = json.loads((tmp_path / "out/runs.json").read_bytes())["runs"]
        until(lambda: any((home / "runs" / run / "jobs").glob("*/log")) or first.poll() is not None, "a job")
        first.send_signal(number)
        first.wait(BOUND_S)
    finally:
        first.kill()
        first.communicate(timeout=BOUND_S)
    assert not (tmp_path / "out/report.json").exists()
    code, report = ci.run("--out", tmp_path / "out")
    assert (code, report["word"]) == (0, "passed"), ci.err
    assert [row["run"] for row in report["runs"]] == [run]
    assert len([path for path in (home / "runs").iterdir() if (path / "request.json").exists()]) == 1


def test_two_pipelines_of_the_same_content_make_one_run(repository, home, tmp_path) -> None:
    repository.write("spec/files/generate.awk", SLOW)
    both = [start(repository, tmp_path / name, home) for name in ("a", "b")]
    try:
        said = [process.communicate(timeout=BOUND_S) for process in both]
    finally:
        for process in both:
            process.kill()
    reports = [json.loads(out) for out, _ in said]
    assert [report["word"] for report in reports] == ["passed", "passed"], said
    assert len({report["runs"][0]["run"] for report in reports}) == 1
    jobs = sum(row["jobs"] for report in reports for row in report["runs"])
    assert jobs in (2, 4)  # both may count what one of them saw the other one run; no job ran twice
    [run] = {report["runs"][0]["run"] for report in reports}
    assert len(list((home / "runs" / run / "jobs").iterdir())) == 2
