"""Power cuts: a run with cached and fresh steps, the machine without power at some moment of it, and then `resume`."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterable
from dataclasses import dataclass

from tests.testbeds.vm.machine import CODE, Machine

__all__ = ["CUTS", "Cut", "cut", "prepare"]

CUTS = 10
_STEPS = 6
_PYTHON = "/opt/venv/bin/python"
_TRY = f"cd {CODE} && "
_SPEC = "power/spec"


@dataclass(frozen=True)
class Cut:
    """What came of one: after how many steps the power went, how often resume was needed, what `intact` said."""

    after: int
    resumed: int
    said: str
    is_right: bool


def prepare(machine: Machine) -> None:
    """Write the workflow, and run its first steps, which are in the cache from then on."""
    machine.ssh("ana", f"{_TRY} {_PYTHON} -m tests.machines.intact write ~/{_SPEC}", check=True)
    machine.ssh("ana", _run("first", range(2)), check=True)
    machine.ssh("root", "sync", check=True)


def cut(machine: Machine, number: int) -> Cut:
    """Begin a run of cached and fresh steps, cut the power when some have ended, boot, resume, look at each file."""
    after, pause_s = number % (_STEPS + 1), random.Random(number).uniform(0, 4)
    numbers = [0, 1, *range(100 * number + 10, 100 * number + 10 + _STEPS)]
    _until_ended(machine, _run(f"r{number}", numbers), after)
    time.sleep(pause_s)  # a moment that nothing chose: between two steps, or within one
    machine.cut_power()
    machine.boot(quick=True)
    run = f"~/power/r{number}"
    done = machine.ssh("ana", f"{_TRY} test -e {run}/journal.sqlite && recast resume {run}")
    if done.returncode and "journal" not in done.stderr:
        # The power went before the run was there at all: then it is begun anew.
        done = machine.ssh("ana", f"rm -rf {run}; {_run(f'r{number}', numbers)}")
    looked = machine.ssh("ana", f"{_TRY} {_PYTHON} -m tests.machines.intact check {run}")
    said = (looked.stdout + looked.stderr + (done.stderr if done.returncode else "")).strip()
    return Cut(after, done.returncode, said, looked.returncode == 0 and done.returncode == 0)


def _run(name: str, numbers: Iterable[int]) -> str:
    options = f"-p 'numbers={list(numbers)}' --max-parallel 1 --runtime bubblewrap --workdir ~/power/{name}"
    return f"{_TRY} recast run ~/{_SPEC}/workflow.yml {options}"


def _until_ended(machine: Machine, command: str, after: int) -> None:
    """Start a run and return when so many of its steps have ended."""
    argv = machine.argv("ana", command)
    with subprocess.Popen(
        argv, cwd=machine.folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    ) as ssh:
        assert ssh.stderr
        ended = 0
        for line in ssh.stderr:
            ended += line.startswith("succeeded")
            if ended >= after and line.startswith(("running", "succeeded", "submitted")):
                break
        ssh.kill()
