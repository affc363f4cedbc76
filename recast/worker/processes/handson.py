"""A person in a job's container: prepared and confined as the job is, with a terminal of its own in place of a log."""

from __future__ import annotations

import fcntl
import os
import pty
import resource
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

from recast.worker.attempt import Attempt
from recast.worker.failure import Failure
from recast.worker.json_types import JsonObject
from recast.worker.limits.cgroup import Group
from recast.worker.limits.hierarchy import take_hierarchy
from recast.worker.payload import Payload
from recast.worker.processes import proctree
from recast.worker.processes.keyring import leave_session_keyring
from recast.worker.processes.spawn import AS_IN_A_SHELL
from recast.worker.slot import say_unheld

__all__ = ["hands_on"]

_PIECE_BYTES = 1 << 16
_REPORT_FD = 3
"""Where bubblewrap tells of the payload's end; here a person sees it."""
_SPARE_ADDRESSES_BYTES = 4 << 30


class _HandsOn(Attempt):
    """An attempt that a person makes; nothing of it is kept."""

    def enter(self) -> int:
        """Start the payload on a terminal of its own and return its exit code; raise Failure."""
        self._prepare()
        try:
            limited = self._set_limits()
            os.dup2(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), _REPORT_FD)
            leave_session_keyring()
            payload = self._payload(shared_memory=limited)
            return _on_a_terminal(payload, self._job["resources"], limited)
        finally:
            self._clear()


def hands_on(task: JsonObject) -> int:
    """Let the user of our terminal work in the container of a task's job; return the exit code of the shell."""
    proctree.adopt_orphans()
    group = Group(take_hierarchy(may_ask=True))
    try:
        attempt = _HandsOn(task, group, lambda: False, tell_unheld=lambda names: say_unheld(names, group.lack))
        return attempt.enter()
    except Failure as failure:
        print(f"the shell cannot be started: {failure.message}", file=sys.stderr)
        return 125
    finally:
        proctree.kill_all(proctree.descendants([os.getpid()]))
        group.remove()


def _on_a_terminal(payload: Payload, resources: JsonObject, limited: bool) -> int:
    """Run a payload on a new terminal: what it does to its own (TIOCSTI) does not reach the user's."""
    pid, master = pty.fork()
    if pid == 0:
        try:
            _become(payload, resources, limited)
        finally:
            os._exit(127)
    with _raw(sys.stdin.fileno()), _same_size(master):
        _pass_on(master)
    status = os.waitpid(pid, 0)[1]
    return 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def _become(payload: Payload, resources: JsonObject, limited: bool) -> None:
    """Become the payload, within its limits."""
    for number in AS_IN_A_SHELL:
        signal.signal(number, signal.SIG_DFL)
    limits = {resource.RLIMIT_FSIZE: resources["disk_mb"] * 1_000_000, resource.RLIMIT_CORE: 0}
    if not limited:
        limits[resource.RLIMIT_AS] = 2 * resources["memory_mb"] * 1_000_000 + _SPARE_ADDRESSES_BYTES
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bound, bound))
    for fd in payload.files:
        os.set_inheritable(fd, True)
    os.set_inheritable(_REPORT_FD, True)
    os.chdir(payload.cwd)
    os.execvpe(payload.argv[0], payload.argv, dict(payload.env))  # noqa: S606


def _pass_on(master: int) -> None:
    """Carry what is typed to the container and what it says back, until it has ended."""
    sources = [master, sys.stdin.fileno()]
    while True:
        for fd in select.select(sources, [], [])[0]:
            try:
                piece = os.read(fd, _PIECE_BYTES)
            except OSError:  # nobody has the other end open any more
                piece = b""
            if fd == master and not piece:
                return
            if not piece:
                sources.remove(fd)
            _write_all(sys.stdout.fileno() if fd == master else master, piece)


def _write_all(fd: int, piece: bytes) -> None:
    while piece:
        piece = piece[os.write(fd, piece) :]


@contextmanager
def _raw(fd: int) -> Iterator[None]:
    """Let every key go to the container, Ctrl-C among them."""
    before = termios.tcgetattr(fd)
    tty.setraw(fd)
    try:
        yield
    finally:
        termios.tcsetattr(fd, termios.TCSADRAIN, before)


@contextmanager
def _same_size(master: int) -> Iterator[None]:
    """Keep the new terminal as large as ours."""

    def resize(signum: int, frame: Optional[object]) -> None:
        size = fcntl.ioctl(sys.stdin.fileno(), termios.TIOCGWINSZ, bytes(8))
        fcntl.ioctl(master, termios.TIOCSWINSZ, size)

    resize(0, None)
    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, before)
