"""Run a program whose whole process tree ends with it, and with its parent, even if that is killed.

`kill -9` does not end children, which would continue writing, mounting and using memory. The warden is a process in
between: the kernel signals it when its parent dies, orphans become its children, and it leaves nothing behind. File
descriptors that it was given (locks) stay open until the last of these processes is gone.
"""

from __future__ import annotations

import os
import signal
import sys
import time

from recast.worker.processes.proctree import adopt_orphans, descendants, die_with_parent, kill_all

__all__ = ["argv_of", "main"]

_HEARD = frozenset({signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from recast.worker.processes.warden import main; main(sys.argv[2:])"
)
_NOT_STARTED = 127
_PATIENCE_S = 5.0


def argv_of(argv: list[str]) -> list[str]:
    """Return the command that runs `argv` under a warden; to be started by this very process.

    The warden's exit code is the program's, or 128 and the number of the signal that ended it.
    """
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    # Isolated: the working folder is untrusted, and may contain a file called recast.py.
    return [sys.executable, "-I", "-S", "-c", _START, root, str(os.getpid()), *argv]


def main(arguments: list[str]) -> None:
    """Run the program that follows the parent's pid, and end when it has ended; never returns."""
    parent, argv = int(arguments[0]), arguments[1:]
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    die_with_parent(signal.SIGTERM)
    adopt_orphans()
    _keep_for_us()
    status: int | None = None
    if os.getppid() == parent:
        try:
            pid = os.posix_spawnp(argv[0], argv, os.environ, setsigmask=())
        except OSError as problem:
            print(f"cannot start {argv[0]!r}: {problem.strerror}", flush=True)
            os._exit(_NOT_STARTED)
        status = _wait_for(pid)
        if status is None:
            _ask_to_end(pid)
    _end_all()
    os._exit(128 + signal.SIGTERM if status is None else _code(status))


def _keep_for_us() -> None:
    """Let no program that we start inherit what we hold beside its standard streams."""
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2:
            try:
                os.set_inheritable(int(name), False)
            except OSError:
                continue  # the one that listed the folder


def _wait_for(pid: int) -> int | None:
    """Return the wait status of a child; None if we are to end before it has ended."""
    while True:
        while True:
            ended, status = os.waitpid(-1, os.WNOHANG)
            if ended == pid:
                return status
            if ended == 0:
                break
        if signal.sigwait(_HEARD) != signal.SIGCHLD:
            return None


def _ask_to_end(pid: int) -> None:
    """Let a program put away what only it knows of (mmdebstrap's folder in /tmp), before it is killed."""
    kill_all(descendants([os.getpid()]), signal.SIGTERM)
    give_up_at = time.monotonic() + _PATIENCE_S
    while time.monotonic() < give_up_at:
        try:
            ended, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            return
        if ended == pid:
            return
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)


def _end_all() -> None:
    """Kill all that descends from us, until nothing does."""
    while True:
        kill_all(descendants([os.getpid()]))
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        signal.sigtimedwait({signal.SIGCHLD}, 0.05)


def _code(status: int) -> int:
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
