"""A run on a batch system to which something happens: many small jobs, and a sum that shows what each of them gave."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recast.images import ImageStore
from recast.journal import Journal
from tests.busybox import add_busybox, pin
from tests.executors.fault_table import Faults
from tests.waiting import BOUND_S, until

__all__ = ["BOUND_S", "FaultyRun", "kill_drivers", "moments", "spoiling_python", "times"]

_IS_FULL = os.environ.get("RECAST_FAULTS") == "full"
_HOST = "environment_type: localproc-env"
_CONTAINER = "environment_type: docker-encapsulated, image: recast/busybox, imagetag: '1'"
_SPEC = """\
stages:
- name: map
  dependencies: [init]
  scheduler:
    scheduler_type: multistep-stage
    parameters: {n: {step: init, output: input}, out: '{workdir}/out.txt'}
    scatter: {method: zip, parameters: [n]}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'COMMAND'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {x: out}}
- name: gather
  dependencies: [map]
  scheduler:
    scheduler_type: singlestep-stage
    parameters: {all: {stages: map, output: x}, out: '{workdir}/all.txt'}
    step:
      process: {process_type: string-interpolated-cmd, cmd: 'cat {all} > {out}'}
      environment: {environment_type: localproc-env}
      publisher: {publisher_type: frompar-pub, outputmap: {all: out}}
"""


class FaultyRun:
    """One run in a folder of its own, of processes on the host or in a container; its driver may be killed."""

    def __init__(
        self,
        folder: Path,
        executor: str,
        settings: Mapping[str, object],
        jobs: int = 24,
        command: str = "sleep 0.3; echo {n} > {out}",
        memory_mb: int = 200,
        walltime_s: int = 60,
        in_container: bool = False,
    ) -> None:
        self.jobs = jobs
        self.workdir = folder / "run"
        folder.mkdir(parents=True)
        spec = _SPEC.replace("COMMAND", command)
        if in_container:
            spec = spec.replace(_HOST, _CONTAINER)
            pin(folder, add_busybox(ImageStore(folder / "home/images")))
        (folder / "workflow.yml").write_text(spec)
        self._said = folder / "said"
        self._driver: subprocess.Popen[bytes] | None = None
        named = {f"RECAST_{executor.upper()}_{name.upper()}": str(value) for name, value in settings.items()}
        self.env = {**os.environ, "RECAST_HOME": str(folder / "home"), **named}
        start = ["run", "workflow.yml", "--toplevel", str(folder), "-p", f"input={list(range(jobs))}", "--no-cache"]
        wanted = ["--stage", f"map:memory={memory_mb}", "--stage", f"map:walltime={walltime_s}"]
        self._start = [*start, *wanted, "--allow-host-process", "--executor", executor, "--workdir", str(self.workdir)]

    @contextmanager
    def driven(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start a driver, or the next one; at the end wait until it is done."""
        driver = self.drive()
        self._driver = driver
        try:
            yield driver
            assert driver.wait(BOUND_S) == 0, self.said()
        finally:
            if driver.poll() is None:
                driver.kill()
                driver.wait()

    def drive(self) -> subprocess.Popen[bytes]:
        """Start a driver of the run, or the next one."""
        words = ["resume", str(self.workdir)]
        if not (self.workdir / "request.json").exists():
            # The first driver has not got as far as a run.
            shutil.rmtree(self.workdir, ignore_errors=True)
            words = self._start
        with self._said.open("ab") as file:
            command = [sys.executable, "-m", "recast", *words]
            return subprocess.Popen(command, env=self.env, stdout=file, stderr=file, cwd=self._said.parent)

    def said(self) -> str:
        return self._said.read_text(errors="replace")[-3000:] if self._said.exists() else ""

    # how far it is -----------------------------------------------------------------------------------------------

    def ended(self) -> int:
        """Return how many attempts have left an outcome."""
        return len(list((self.workdir / "jobs").glob("*/outcome.json")))

    def wait_for_ended(self, count: int) -> None:
        def there() -> bool:
            assert self._driver is None or self._driver.poll() in (None, 0), self.said()
            return self.ended() >= count

        until(there, f"{count} jobs of {self.jobs} have not ended ({self._said})")

    # what came of it ---------------------------------------------------------------------------------------------

    def losses(self) -> tuple[int, int]:
        """Return how many results are missing, and how many were counted twice: in the sum, or as ends of a step."""
        gathered = self.workdir / "work/gather/all.txt"
        found = Counter(gathered.read_text().split()) if gathered.exists() else Counter()
        wanted = Counter(map(str, range(self.jobs)))
        twice = sum((found - wanted).values()) + sum(count - 1 for count in self._successes().values() if count > 1)
        return sum((wanted - found).values()), twice

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the bodies of the journal's events of a kind."""
        journal = Journal(self.workdir / "journal.sqlite", read_only=True)
        try:
            return [record.body for _, record in journal.read() if record.kind == kind]
        finally:
            journal.close()

    def _successes(self) -> Counter[str]:
        """Return how often the journal says that each step succeeded."""
        steps = {body["job_id"]: body["step"] for body in self.events("SubmitIntended")}
        ends = [body for body in self.events("JobEnded") if body["outcome"]["failure"] is None]
        return Counter(steps[body["job_id"]] for body in ends)

    def failures(self) -> Counter[str]:
        """Return the classes of attempts that did not succeed."""
        ended = [body["outcome"]["failure"] for body in self.events("JobEnded") if body["outcome"]["failure"]]
        return Counter([*ended, *(body["failure"] for body in self.events("JobGone"))])


def spoiling_python(folder: Path, python: str, spoils: Sequence[str], first: str = ":") -> Path:
    """Return a Python that runs the worker and then, in the first jobs, spoils what it left by a shell command each.

    `first` is a shell command before that, which may set what those use. `folder` is made, open to all users.
    """
    folder.mkdir()
    folder.chmod(0o1777)
    script = folder / "python"
    # Who makes the folder of a turn has it: each turn is taken once, whatever runs at the same time.
    turns = "\nel".join(f"if mkdir {folder}/{turn} 2>/dev/null; then {spoil}" for turn, spoil in enumerate(spoils))
    script.write_text(f'#!/bin/sh\n{python} "$@"\ncode=$?\n{first}\n{turns}\nfi\nexit $code\n')
    script.chmod(0o755)
    return script


def times(quick: int, full: int) -> int:
    """Return how often a fault is tried: `full` in `make faults`, which sets RECAST_FAULTS=full."""
    return full if _IS_FULL else quick


def moments(*after: int) -> tuple[int, ...]:
    """Return after how many ended jobs a fault strikes, each time in another run: once, or all in `make faults`."""
    return after if _IS_FULL else after[:1]


def kill_drivers(
    faults: Faults, make_run: Callable[[], FaultyRun], kills: int, per_run: int, between_s: tuple[float, float]
) -> None:
    """Kill drivers of runs at random moments, some in each run, and let the next one go on; count what comes of it."""
    dice = random.Random(2010_2506)
    while faults.tried < kills:
        run, killed = make_run(), 0
        while killed < min(per_run, kills - faults.tried) and not _survives(run, dice.uniform(*between_s)):
            killed += 1
        with run.driven():
            pass
        faults.count(*run.losses(), tried=killed)


def _survives(run: FaultyRun, seconds: float) -> bool:
    """Start a driver and kill it after a while; return whether it had brought the run to its end before."""
    driver = run.drive()
    try:
        assert driver.wait(seconds) == 0, run.said()
    except subprocess.TimeoutExpired:
        driver.kill()
        driver.wait()
        return False
    return True
