"""The process of a pipeline: it outlives this server, and the next one finds it again by the lock that it holds."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from recast.atomic import replace_file
from recast.errors import InfrastructureError
from recast.strictjson import parse_json

__all__ = ["end_child", "is_alive", "start_child", "wait_for_child"]

_LOCK, _WHO, _LOG = "lock", "process.json", "log"
_LOOK_S = 0.1
_LET_GO_S = 60.0


def start_child(argv: Sequence[str], folder: Path, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a pipeline in a session of its own, with its output in `folder/log`; raise InfrastructureError.

    It holds `folder/lock` as long as it lives, whatever becomes of us.
    """
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with (folder / _LOG).open("ab") as log:
                process = subprocess.Popen(
                    argv,
                    cwd=folder,
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[lock],
                    start_new_session=True,
                )
            replace_file(folder / _WHO, json.dumps({"pid": process.pid, "born": _born(process.pid)}).encode())
        finally:
            os.close(lock)
    except OSError as problem:
        raise InfrastructureError.of(problem, "A pipeline cannot be started", folder, "check the disk") from problem
    return process


def is_alive(folder: Path) -> bool:
    """Return whether a pipeline that was started in a folder still lives."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(lock)


def wait_for_child(
    folder: Path, process: subprocess.Popen[bytes] | None, timeout_s: float, stopped: Callable[[float], bool]
) -> int | None:
    """Wait until a pipeline has ended; return its exit code, None if it is not our child.

    `stopped` waits for some seconds and says whether we are to stop: InterruptedError is raised then, and the pipeline
    goes on. After `timeout_s` it is ended; TimeoutError is raised then.
    """
    until = time.monotonic() + timeout_s
    while (process is not None and process.poll() is None) or (process is None and is_alive(folder)):
        if time.monotonic() > until:
            end_child(folder, process)
            raise TimeoutError(f"it took more than {timeout_s:g} s")
        if stopped(_LOOK_S):
            raise InterruptedError("the server stops")
    return None if process is None else process.returncode


def end_child(folder: Path, process: subprocess.Popen[bytes] | None = None, let_go_s: float = _LET_GO_S) -> None:
    """Ask a pipeline to end, and kill it with its session if it has not after a while."""
    pid = process.pid if process is not None else _known(folder)
    if pid is None:
        return
    until = time.monotonic() + let_go_s
    _send(pid, signal.SIGTERM)
    while time.monotonic() < until:
        if (process.poll() is not None) if process is not None else not is_alive(folder):
            return
        time.sleep(_LOOK_S)
    _send(pid, signal.SIGKILL)
    if process is not None:
        process.wait()


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _known(folder: Path) -> int | None:
    """Return the id of the process that was started in a folder, None if it is gone, or another has its id."""
    try:
        who = parse_json((folder / _WHO).read_bytes())
        pid, born = int(who["pid"]), str(who["born"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return pid if born and _born(pid) == born else None


def _born(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks; an empty string if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""
