"""Start a process: as few system calls as can be, and its limits on it from the start."""

from __future__ import annotations

import errno
import os
import resource
import signal
import time
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from recast.worker.failure import Failure
from recast.worker.json_types import JsonDict
from recast.worker.limits.memoryfile import memory_file
from recast.worker.payload import Payload

__all__ = ["AS_IN_A_SHELL", "capture", "start", "succeeds"]

_LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND
AS_IN_A_SHELL = (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that a payload meets as a program in a shell does, whoever started us: `recast run ... &` ignores two."""

_SPAWN: JsonDict = {"setsid": True, "setsigmask": (), "setsigdef": AS_IN_A_SHELL}
_CAPTURE_S = 60.0
_HARD = {
    which: resource.getrlimit(which)[1] for which in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_AS)
}


def start(payload: Payload, log: str, status_fd: int | None, file_bytes: int, address_bytes: int | None) -> int:
    """Start a payload in a session of its own and return its pid.

    Its output goes to `log`; `status_fd` becomes its file descriptor 3. No file of it grows beyond `file_bytes`, its
    address space not beyond `address_bytes`. Raises Failure.
    """
    actions: list[Any] = [(os.POSIX_SPAWN_OPEN, 1, log, _LOG_FLAGS, 0o644), (os.POSIX_SPAWN_DUP2, 1, 2)]
    files = list(payload.files)
    own = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        if payload.stdin is None:
            actions.append((os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0))
        else:
            files.append(memory_file(payload.stdin.encode(errors="surrogateescape")))
            actions.append((os.POSIX_SPAWN_DUP2, files[-1], 0))
        if status_fd is not None:
            actions.append((os.POSIX_SPAWN_DUP2, status_fd, 3))
        for fd in payload.files:
            os.set_inheritable(fd, True)
        # Inherited: there is no moment in which the payload runs without it.
        resource.setrlimit(resource.RLIMIT_FSIZE, (_least(file_bytes, own[0]), own[1]))
        os.chdir(payload.cwd)
        program = _found(payload.argv[0])
        pid = os.posix_spawn(program, payload.argv, payload.env, file_actions=actions, **_SPAWN)
    except OSError as problem:
        raise _not_started(problem, payload) from None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, own)
        for fd in files:
            os.close(fd)
    _limit(pid, file_bytes, address_bytes)
    return pid


@lru_cache(maxsize=256)
def _found(program: str) -> str:
    """Return where a program lies, looked for once: a search by the kernel costs a failing call for each folder."""
    if "/" in program:
        return program
    for folder in os.get_exec_path():
        path = os.path.join(folder, program)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)


def _limit(pid: int, file_bytes: int, address_bytes: int | None) -> None:
    """Make the limits hard ones."""
    limits = {resource.RLIMIT_FSIZE: file_bytes, resource.RLIMIT_CORE: 0}
    if address_bytes is not None:
        limits[resource.RLIMIT_AS] = address_bytes
    for which, value in limits.items():
        bound = _least(value, _HARD[which])
        try:
            resource.prlimit(pid, which, (bound, bound))
        except (ProcessLookupError, PermissionError, ValueError):
            return


def capture(argv: list[str], env: Mapping[str, str]) -> str:
    """Run a short command of a container engine and return what it printed; it has a minute."""
    return _run(argv, env)[1]


def succeeds(argv: list[str], env: Mapping[str, str]) -> bool:
    """Run a short command of a container engine and return whether it went well; it has a minute."""
    return _run(argv, env)[0] == 0


def _run(argv: list[str], env: Mapping[str, str]) -> tuple[int, str]:
    read, write = os.pipe2(os.O_CLOEXEC)
    try:
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, write, 1),
            (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_RDWR, 0),
        ]
        pid = os.posix_spawnp(argv[0], argv, env, file_actions=actions, **_SPAWN)
    except OSError:
        os.close(read)
        return 127, ""
    finally:
        os.close(write)
    give_up_at = time.monotonic() + _CAPTURE_S
    while (ended := os.waitpid(pid, os.WNOHANG))[0] == 0:
        if time.monotonic() >= give_up_at:
            os.kill(pid, signal.SIGKILL)
        signal.sigtimedwait({signal.SIGCHLD}, 0.2)
    os.set_blocking(read, False)
    try:
        return ended[1], os.read(read, 65536).decode(errors="replace")
    except BlockingIOError:
        return ended[1], ""
    finally:
        os.close(read)


def _least(value: int, limit: int) -> int:
    return value if limit == resource.RLIM_INFINITY else min(value, limit)


def _not_started(problem: OSError, payload: Payload) -> Failure:
    program = payload.argv[0]
    if problem.errno == errno.E2BIG:
        return Failure("spec", "the command is longer than the kernel takes: use a script instead")
    if problem.errno in (errno.ENOENT, errno.EACCES, errno.ENOEXEC):
        if not os.path.isdir(payload.cwd):
            return Failure("user", f"the working directory {payload.cwd} is not there")
        return Failure("user", f"cannot start {program!r}: {problem.strerror}")
    return Failure("infrastructure", f"cannot start {program!r}: {problem.strerror}")
