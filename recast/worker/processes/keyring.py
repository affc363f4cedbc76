"""The kernel's keyrings: a payload must not reach the user's (a Kerberos ticket, the keys of an encrypted folder)."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import lru_cache

from recast.worker.failure import Failure

__all__ = ["leave_session_keyring"]

_KEYCTL = {"x86_64": 250, "aarch64": 219, "ppc64le": 271, "s390x": 280, "riscv64": 219}
_JOIN_SESSION_KEYRING = 1
_NO_KEYRINGS = (errno.ENOSYS, errno.EPERM, errno.EACCES)
"""The kernel has no keyrings, or our parent has blocked access to them for us and our children."""


def leave_session_keyring() -> None:
    """Take a new, empty session keyring for what we start from now on; raise Failure (`infrastructure`) if we cannot.

    It is gone when the last process that has it ends.
    """
    number = _KEYCTL.get(os.uname().machine)
    if number is None:
        return
    problem = _syscall()(number, _JOIN_SESSION_KEYRING)
    if problem and problem not in _NO_KEYRINGS:
        raise Failure("infrastructure", f"no session keyring of its own for the payload: {os.strerror(problem)}")


@lru_cache(maxsize=1)
def _syscall() -> Callable[[int, int], int]:
    """Return what makes a system call of one number, with no pointer, and returns its errno; 0 if it went well."""
    try:
        import ctypes

        call = ctypes.CDLL(None, use_errno=True).syscall
    except (ImportError, OSError):
        return lambda number, value: errno.ENOSYS

    def made(number: int, value: int) -> int:
        return ctypes.get_errno() if call(number, value, None) < 0 else 0

    return made
