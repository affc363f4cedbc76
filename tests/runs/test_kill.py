"""The driver may be killed at any instruction: nothing is lost, nothing finished runs twice, nothing is left behind."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.conftest import Recast
from tests.processes import every, link
from tests.waiting import BOUND_S, until

NUMBERS = [1, 2, 3, 4, 5, 6]
KILL_AFTER = Path(__file__).with_name("kill_after.py")

WORKFLOW = """
stages:
- name: map
  dependencies: [init]
  scheduler:
    scheduler_type: multistep-stage
    parameters:
      number: {stages: init, output: numbers, unwrap: true}
      square: '{workdir}/square'
    scatter: {method: zip, parameters: [number]}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'sleep 0.05; echo $(({number} * {number})) > {square}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {square: square}}
- name: sum
  dependencies: [map]
  scheduler:
    scheduler_type: singlestep-stage
    parameters:
      squares: {stages: map, output: square}
      total: '{workdir}/total.yml'
    step:
      process:
        process_type: string-interpolated-cmd
        cmd: 'cat {squares} | awk ''{{ s += $1 }} END {{ print "total: " s }}'' > {total}'
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: fromyaml-pub, yamlfile: total.yml}
"""


def test_killed_after_every_single_journal_write(tmp_path: Path, recast: Recast, home: Path) -> None:
    (tmp_path / "workflow.yml").write_text(WORKFLOW)
    start = ["run", "workflow.yml", "--toplevel", str(tmp_path), "--max-parallel", "2", "-p", f"numbers={NUMBERS}"]
    writes = 0
    while True:
        writes += 1
        workdir = tmp_path / f"killed-{writes}"
        arguments = [*start, "--allow-host-process", "--no-cache", "--workdir", str(workdir)]
        killed = subprocess.run(
            [sys.executable, str(KILL_AFTER), str(writes), *arguments], capture_output=True, text=True, timeout=BOUND_S
        )
        if killed.returncode == 0:
            break
        assert killed.returncode == -9, killed.stderr
        assert_nothing_runs(workdir)
        if (workdir / "request.json").exists():
            run_on(recast, workdir)
    assert writes > 8, "the run wrote less often than it has steps; the test tests nothing"


def run_on(recast: Recast, workdir: Path) -> None:
    before = finished(workdir)
    resumed = recast("resume", workdir)
    assert resumed.code == 0, resumed.err
    shown = recast("show", workdir, "-o", "json").json
    assert shown["state"] == "succeeded"
    published = {step["id"]: step["published"] for step in shown["steps"]}
    assert published["/sum/0"] == {"total": sum(n * n for n in NUMBERS)}
    for i, number in enumerate(NUMBERS):
        square = workdir / published[f"/map/{i}"]["square"].replace("map", "work/map", 1)
        assert square.read_text() == f"{number * number}\n"
    for step, attempts in finished(workdir).items():
        assert len(attempts) == 1, f"step {step} finished twice: {attempts}"
    assert before.items() <= finished(workdir).items(), "a finished step was run again"
    for step, attempts in tried(workdir).items():
        assert max(attempts) == finished(workdir)[step][0], f"step {step} was tried after it had finished"
    assert_nothing_runs(workdir)


def tried(workdir: Path) -> dict[str, list[int]]:
    """The attempts of each step that left a folder."""
    steps = defaultdict(list)
    for folder in (workdir / "jobs").iterdir():
        if folder.is_dir():
            _, step, attempt = folder.name.rsplit("-", 2)
            steps[step].append(int(attempt))
    return steps


def finished(workdir: Path) -> dict[str, list[int]]:
    """The attempts of each step that left an outcome without a failure."""
    steps = defaultdict(list)
    for outcome in (workdir / "jobs").glob("*/outcome.json"):
        if json.loads(outcome.read_text())["failure"] is None:
            _, step, attempt = outcome.parent.name.rsplit("-", 2)
            steps[step].append(int(attempt))
    return dict(steps)


def assert_nothing_runs(workdir: Path) -> None:
    """Wait, with a bound, until no process has a job of this run in its environment or its working directory."""
    until(lambda: not jobs_alive(workdir), f"the end of what works in {workdir}")


def jobs_alive(workdir: Path) -> list[int]:
    return [pid for pid in every() if link(pid, "cwd").startswith(str(workdir))]
