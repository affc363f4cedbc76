"""Files that have no name on any disk."""

from __future__ import annotations

import fcntl
import os

__all__ = ["memory_file"]

_FIRST_FREE = 16
"""Below it are the descriptors that a payload is given by number."""


def memory_file(data: bytes) -> int:
    """Return a file descriptor from which `data` can be read; no name on any disk, and a number that nobody claims."""
    low = os.memfd_create("recast")
    try:
        fd = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, _FIRST_FREE)
    finally:
        os.close(low)
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
