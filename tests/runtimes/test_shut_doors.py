"""What a step shares with its user's kernel: no keyring, no terminal, no path of the user in /proc."""

import ctypes
import errno
import json
import os
import sys

import pytest

from recast.executors.conformance import Case
from recast.executors.local import LocalExecutor
from recast.runtimes import runtime_by_name
from recast.worker.processes.keyring import leave_session_keyring
from recast.worker.processes.seccomp import MACHINES

_ABI = MACHINES[os.uname().machine][0]
_SESSION, _SEARCH, _GET_ID = -3, 10, 0
_CALL = """
import ctypes, json, sys
libc = ctypes.CDLL(None, use_errno=True)
answers = []
for call in json.loads(sys.argv[1]):
    words = [word.encode() if isinstance(word, str) else ctypes.c_long(word) for word in call]
    answers.append(0 if libc.syscall(*words) >= 0 else ctypes.get_errno())
print(json.dumps(answers))
"""


def syscall(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    words = [word.encode() if isinstance(word, str) else ctypes.c_long(word) for word in arguments]
    answer = libc.syscall(_ABI.refused[name], *words)
    return answer if answer >= 0 else -ctypes.get_errno()


@pytest.fixture
def case(tmp_path, tmp_path_factory):
    """Jobs over this machine's own root, which has a Python."""
    worker = tmp_path_factory.getbasetemp() / "worker"
    runtime = runtime_by_name("bubblewrap")
    return Case(
        lambda: LocalExecutor(tmp_path / "run", tmp_path / "store", 2, runtime, lambda _: "/", worker),
        tmp_path / "store",
        "sha256:" + "0" * 64,
    )


def said(case, command, **changed):
    (status,) = case.run(case.job(f"{{ {command}; }} > x 2>&1; true", ["x"], **changed))
    assert status.outcome is not None and status.outcome.succeeded, status
    return case.blob(status.outcome.outputs[0].digest).read_bytes().decode(errors="replace")


def in_a_child(what):
    """Return what a function returns (0 to 255), run in a process of its own."""
    pid = os.fork()
    if pid == 0:
        code = 255
        try:
            code = what()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_session_keyring_is_left_behind():
    def look():
        syscall("keyctl", 1, 0)
        assert syscall("add_key", "user", "recast-test", "secret", 6, _SESSION) > 0
        assert syscall("keyctl", _SEARCH, _SESSION, "user", "recast-test", 0) > 0
        leave_session_keyring()
        return -syscall("keyctl", _SEARCH, _SESSION, "user", "recast-test", 0)

    assert in_a_child(look) == errno.ENOKEY


def test_a_kernel_without_keyrings_is_no_failure(monkeypatch):
    monkeypatch.setattr("recast.worker.processes.keyring._KEYCTL", {os.uname().machine: 100_000})
    leave_session_keyring()


def test_a_step_finds_the_doors_shut(case):
    key = syscall("add_key", "user", "recast-test-key", "secret", 6, _SESSION)
    assert key > 0
    number = _ABI.refused
    calls = [
        [number["keyctl"], _GET_ID, _SESSION, 0],
        [number["keyctl"], 11, key, 0, 0],
        [number["add_key"], "user", "planted", "x", 1, _SESSION],
        [number["request_key"], "user", "recast-test-key", 0, 0],
        [number["userfaultfd"], 0],
        [number["bpf"], 0, 0, 0],
        [number["perf_event_open"], 0, 0, 0, 0, 0],
        [number["io_uring_setup"], 1, 0],
        [_ABI.ioctl, 0, 0x5412, 0],
        [_ABI.socket, 40, 1, 0],
    ]
    script = case.put(_CALL.encode(), "/recast/run/init/call.py")
    told = said(case, f"{sys.executable} {script.path} '{json.dumps(calls)}'", inputs=(script,))
    assert json.loads(told) == [errno.EPERM] * 9 + [errno.EAFNOSUPPORT]
    assert said(case, "grep Seccomp: /proc/self/status").split()[-1] == "2"
    assert "recast-test-key" not in said(case, "cat /proc/keys /proc/key-users")


def test_the_first_process_tells_nothing_of_the_user(case, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    told = said(case, "cat /proc/1/cmdline /proc/1/environ; readlink /proc/1/cwd /proc/1/root", env={"MINE": "1"})
    assert str(tmp_path) not in told and "somebody" not in told and "MINE" not in told, told
    assert told.endswith("/recast/run/stage/0\n/\n")


def test_an_environment_that_no_kernel_takes_is_the_specs_fault(case):
    for env in ({"LONG": "x" * (1 << 18)}, {f"V{number}": "x" for number in range(5000)}):
        (status,) = case.run(case.job("true", env=env))
        assert status.outcome.failure == "spec" and "longer than the kernel takes" in status.outcome.message
