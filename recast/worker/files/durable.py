"""Wait until data are on the disk: a power cut may lose everything that was not synced.

A few files and folders are synced one by one (`fsync`); for many that takes minutes on a busy disk, so their whole file
systems are synced at once (`syncfs`).
"""

from __future__ import annotations

import os
from collections.abc import Iterable

__all__ = ["MOST_WAITS", "sync_file_systems", "sync_paths", "sync_tree"]

MOST_WAITS = 64
"""More files or folders than this are synced together."""


def sync_paths(paths: Iterable[str]) -> None:
    """Wait for files (their content) and folders (the names in them). Raises OSError."""
    wanted = dict.fromkeys(paths)
    if len(wanted) > MOST_WAITS:
        sync_file_systems(wanted)
        return
    for path in wanted:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def sync_tree(folder: str) -> None:
    """Wait for everything in a folder, and for itself: before it is renamed to where others see it. Raises OSError."""
    found = [folder]
    for parent, folders, names in os.walk(folder):
        found += [os.path.join(parent, name) for name in (*folders, *names)]
        if len(found) > MOST_WAITS:
            sync_file_systems([folder])
            return
    sync_paths(path for path in found if not os.path.islink(path))


def sync_file_systems(paths: Iterable[str]) -> None:
    """Wait for all that was written to the file systems of some paths. Raises OSError."""
    devices = {os.stat(path).st_dev: path for path in paths}
    for path in devices.values():
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not _syncfs(fd):
                os.sync()
                return
        finally:
            os.close(fd)


def _syncfs(fd: int) -> bool:
    """Return whether this system could do it; Python knows no syncfs. Raises OSError if the disk could not."""
    try:
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        if library.syncfs(fd) == 0:
            return True
    except (ImportError, AttributeError, OSError):
        return False
    error = ctypes.get_errno()
    raise OSError(error, os.strerror(error))
