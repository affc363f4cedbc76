"""/proc is read while processes end: one that is gone is an answer."""

from __future__ import annotations

import os
import subprocess

import pytest

from recast.worker.processes import proctree
from tests import processes


@pytest.fixture
def restless():
    """A process whose children come and go all the time."""
    endless = "while :; do sh -c 'true & true & wait'; done"
    with subprocess.Popen(["sh", "-c", endless], stdin=subprocess.DEVNULL, start_new_session=True) as process:
        yield process.pid
        process.kill()


def test_processes_end_while_they_are_looked_at(restless: int) -> None:
    seen = set()
    for _ in range(400):
        below = processes.descendants(restless)
        seen |= {processes.name_of(pid) for pid in below}
        for pid in below:
            processes.stat(pid), processes.link(pid, "cwd"), processes.command(pid), processes.threads(pid)
        below = proctree.nearest(restless, 50)
        proctree.memory_bytes(below, 0)
        proctree.marked("RECAST_NONE", ["x"])
    assert seen & {"sh", "true"}


def test_a_process_that_is_not_there() -> None:
    with subprocess.Popen(["true"]) as ended:
        ended.wait()
    pid = ended.pid
    assert processes.stat(pid) == processes.threads(pid) == processes.children(pid) == processes.command(pid) == []
    assert processes.read(pid, "environ") == b""
    assert processes.link(pid, "cwd") == processes.name_of(pid) == ""
    assert proctree.nearest(pid, 10) == []
    assert proctree.memory_bytes([pid], 0) == 0
    assert proctree.descendants([pid]) == set()


def test_this_process() -> None:
    pid = os.getpid()
    assert pid in processes.every()
    assert processes.link(pid, "cwd") == os.getcwd()
    assert int(processes.stat(pid)[1]) == os.getppid()
    with subprocess.Popen(["sleep", "600"]) as child:
        assert child.pid in processes.descendants(pid)
        child.kill()
