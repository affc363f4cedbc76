"""Trivial jobs on the real Slurm of the test-bed, beside a hand-written `sbatch --array` of the same worker command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks import specs
from benchmarks.measure import Failed
from benchmarks.place import PYTHON, ROOT, Place
from benchmarks.submitted import tasks_of
from benchmarks.table import Bar, Row

__all__ = ["against_sbatch"]

COMMANDS = ("sbatch", "squeue", "sacct", "scontrol", "sinfo", "scancel")
_MOST_S = 1800.0
_LOOK_S, _ASK_S = 0.05, 10.0


def against_sbatch(place: Place) -> Iterator[Row]:
    """1,000 jobs of `recast run --executor slurm`, each pair in turn with the array that one would write by hand."""
    count, rounds = place.size(1000), 1 if place.quick else 3
    conf = _start_slurm()
    calls: Counter[str] = Counter()
    ours, theirs = [], []
    for _ in range(rounds):
        seconds, run = _recast(place, count, conf, calls)
        ours.append(seconds)
        theirs.append(_by_hand(place.fresh(), run, count, conf))
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    name = f"{count:,} jobs on Slurm : sbatch --array of the same worker"
    yield Row(name, median(ours), "s", median(theirs), ratio, Bar(1.2, "times"))
    said = ", ".join(f"{calls[command] / rounds:.0f} {command}" for command in COMMANDS if calls[command])
    yield Row("  calls of sbatch in one run", calls["sbatch"] / rounds, "", bar=Bar(10, "calls"), note=said)
    looks = calls["squeue"] / sum(ours)
    yield Row("  calls of squeue in a second", looks, "/s", bar=Bar(0.5, "a second"))


def _start_slurm() -> str:
    command = [PYTHON, "-m", "tests.testbeds.slurm", "start", "--hours", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise Failed(done.stderr)
    return done.stdout.strip().partition("=")[2]


def _recast(place: Place, count: int, conf: str, calls: Counter[str]) -> tuple[float, Path]:
    """Run it as a user would; return how long it took, and the run's folder."""
    folder = specs.write(place.fresh(), specs.files(None))
    counted, run = place.fresh(), place.fresh() / "run"
    os.environ["SLURM_CONF"] = conf
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{_counting(counted)}:{before}"
    try:
        where = ["--executor", "slurm", "--slurm-python", PYTHON, "--workdir", str(run)]
        taken = place.recast(folder, f"points: {list(range(count))}", *where)
    finally:
        os.environ["PATH"] = before
    calls.update((counted / "calls").read_text().split())
    return taken.seconds, run


def _counting(folder: Path) -> Path:
    """Make a folder of Slurm's commands that note down each call."""
    for name in COMMANDS:
        wrapper = folder / name
        wrapper.write_text(f'#!/bin/sh\necho {name} >>{folder}/calls\nexec {shutil.which(name)} "$@"\n')
        wrapper.chmod(0o755)
    return folder


def _by_hand(folder: Path, run: Path, count: int, conf: str) -> float:
    """Submit the run's own tasks once more, as one array; return how long it took until the last outcome was there."""
    jobs = folder / "jobs"
    jobs.mkdir()
    (folder / "tasks").mkdir()
    worker_file, tasks = tasks_of(run, count)
    for number, path in enumerate(tasks):
        task = json.loads(path.read_bytes())
        task["attempt_dir"] = f"{jobs}/{number}"
        (folder / f"tasks/{number}.json").write_text(json.dumps(task))
    worker = f"{PYTHON} {worker_file} node {folder}/tasks"
    (folder / "job.sh").write_text(f'#!/bin/sh\nexec {worker} "$SLURM_ARRAY_TASK_ID"\n')
    wanted = [f"--array=0-{count - 1}", "--mem=2100M", "--time=362", f"--output={folder}/%a.log", f"--chdir={folder}"]
    start = time.perf_counter()
    env = {**os.environ, "SLURM_CONF": conf}
    submit = ["sbatch", "--parsable", *wanted, "job.sh"]
    done = subprocess.run(submit, cwd=folder, env=env, check=True, timeout=60, capture_output=True, text=True)
    asked_at = start
    while not all((jobs / f"{number}/outcome.json").exists() for number in reversed(range(count))):
        now = time.perf_counter()
        if now - start > _MOST_S:
            raise Failed(f"not all of {count} jobs have ended within {_MOST_S:.0f} s")
        if now - asked_at > _ASK_S:
            asked_at = now
            if not _is_queued(done.stdout.strip(), env):
                break  # Slurm has lost some, and nobody runs them again
        time.sleep(_LOOK_S)
    return time.perf_counter() - start


def _is_queued(array: str, env: dict[str, str]) -> bool:
    asked = ["squeue", "--noheader", f"--jobs={array}"]
    return bool(subprocess.run(asked, env=env, capture_output=True, text=True, timeout=60, check=False).stdout.strip())
