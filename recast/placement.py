"""A hint to ext4 about where the many small files of runs go."""

from __future__ import annotations

import contextlib
import os
import struct
from pathlib import Path

__all__ = ["top_of_hierarchy"]

_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS where a long has 8 bytes
_TOP_OF_HIERARCHY = 0x00020000  # FS_TOPDIR_FL, as `chattr +T`


def top_of_hierarchy(folder: Path) -> None:
    """Let ext4 place each new subfolder of `folder` in a part of the disk of its own; elsewhere this does nothing.

    For minutes after an inode was deleted, ext4 looks twice before it takes it again, and a folder's files come from
    the same part of the disk as the folder. After a mass deletion nearby, each new file then costs 0.1 to 0.2 ms
    instead of 0.02 (measured). So each run gets a part of its own. Its jobs do not: spread over the disk, their
    files cost twice as much as side by side.
    """
    if os.uname().machine not in ("x86_64", "aarch64"):
        return
    import fcntl

    with contextlib.suppress(OSError):
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            (flags,) = struct.unpack("l", fcntl.ioctl(fd, _GET_FLAGS, struct.pack("l", 0)))
            fcntl.ioctl(fd, _SET_FLAGS, struct.pack("l", flags | _TOP_OF_HIERARCHY))
        finally:
            os.close(fd)
