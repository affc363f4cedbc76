"""A worker that nobody listens to any more ends with one line, not with a traceback."""

import json
import os
import socket
import subprocess
import sys

import pytest

from recast.executors.bundle import build_worker
from recast.jobs import ContainerJob

BOUND_S = 60


@pytest.fixture(scope="module")
def worker(tmp_path_factory):
    return build_worker(tmp_path_factory.mktemp("worker"))


def serve(worker, folder, command):
    """Run one job in a worker whose events nobody reads; return its exit code and its words."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-E", str(worker), "serve", "--tasks", str(theirs.fileno())],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
        pass_fds=[theirs.fileno()],
    )
    for fd in (reading, writing):
        os.close(fd)
    theirs.close()
    task = {
        "job": ContainerJob("j1", None, command, None, "sh", "/recast/run/stage/1").as_json(),
        "attempt_dir": str(folder / "attempt"),
        "store": str(folder / "store"),
        "runtime": {"name": "host", "argv": None, "cgroup": False},
        "image_digest": None,
    }
    ours.sendall(json.dumps(task).encode())
    process.stdin.write(b'{"slots": 1}\n')
    process.stdin.flush()
    with ours:
        code = process.wait(BOUND_S)
    with process.stdin, process.stderr:
        return code, process.stderr.read().decode()


@pytest.mark.parametrize("command", ["true", "sleep 1"], ids=["as it ends", "as it begins"])
def test_a_broken_pipe_of_events(worker, tmp_path, command):
    code, said = serve(worker, tmp_path, command)
    assert code == 1
    assert "Traceback" not in said
    assert said.startswith("recast worker: nobody listens any more")
    assert (tmp_path / "attempt/outcome.json").exists() == (command == "true")


def test_a_task_that_is_not_there(worker, tmp_path):
    argv = [sys.executable, "-I", "-S", "-E", str(worker), "node", str(tmp_path), "7"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=BOUND_S)
    assert done.returncode == 1
    assert done.stderr.startswith("recast worker: task 7 cannot be read") and "Traceback" not in done.stderr
