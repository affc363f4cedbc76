"""Start the local worker: on demand, or early, while the command that needs it is still importing its modules."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from pathlib import Path

from recast.errors import ExecutorError, RecastError
from recast.executors.bundle import build_worker

__all__ = ["end_early", "spawn_worker", "start_early", "take_early"]

_early: list[tuple[subprocess.Popen[bytes], socket.socket]] = []


def start_early(folder: Path) -> None:
    """Start a worker that waits to be told its number of slots; it ends with this process if it is not used.

    Errors are not reported here but by the actual start.
    """
    with contextlib.suppress(RecastError, OSError):
        _early.append(spawn_worker(folder))


def take_early() -> tuple[subprocess.Popen[bytes], socket.socket] | None:
    """Return the worker that was started early, only once; else None."""
    return _early.pop() if _early else None


def end_early() -> None:
    """End a worker that was started early but is not needed, because jobs run elsewhere."""
    for process, ours in _early:
        ours.close()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()
    _early.clear()


def spawn_worker(folder: Path) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start `worker serve` from the zipapp in `folder`; return the process and our end of its socket for tasks.

    Raises StoreError if the zipapp cannot be written, ExecutorError if it cannot be started.
    """
    worker = build_worker(folder)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    command = [sys.executable, "-I", "-S", "-E", str(worker), "serve", "--tasks", str(theirs.fileno())]
    try:
        # A separate session: Ctrl-C in the terminal is for the driver, which decides about its jobs.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            cwd="/",
        )
    except OSError as problem:
        ours.close()
        raise ExecutorError("The local worker cannot be started", where=str(worker), why=str(problem)) from problem
    finally:
        theirs.close()
    return process, ours
