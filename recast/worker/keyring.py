"""The kernel's keyrings: a payload must not reach the user's (a Kerberos ticket, the keys of an encrypted folder)."""

from __future__ import annotations

import errno
import os

from recast.worker.failure import Failure

__all__ = ["leave_session_keyring"]

_KEYCTL = {"x86_64": 250, "aarch64": 219, "ppc64le": 271, "s390x": 280, "riscv64": 219}
_JOIN_SESSION_KEYRING = 1
_NO_KEYRINGS = (errno.ENOSYS, errno.EPERM, errno.EACCES)
"""The kernel has none, or whoever started us keeps us, and all that we start, from them."""


def leave_session_keyring() -> None:
    """Take a new, empty session keyring for what we start from now on; raise Failure (`infrastructure`) if we cannot.

    It is gone when the last process that has it ends.
    """
    number = _KEYCTL.get(os.uname().machine)
    if number is None:
        return
    try:
        import ctypes

        libc = ctypes.CDLL(None, use_errno=True)
    except (ImportError, OSError):
        return
    if libc.syscall(number, _JOIN_SESSION_KEYRING, None) < 0 and ctypes.get_errno() not in _NO_KEYRINGS:
        why = os.strerror(ctypes.get_errno())
        raise Failure("infrastructure", f"no session keyring of its own for the payload: {why}")
