"""Remove an untrusted tree of files in bounded memory: a folder may contain a million names."""

from __future__ import annotations

import os
import stat
from itertools import islice
from typing import Optional

__all__ = ["remove_at", "remove_tree"]

_AT_A_TIME = 1000
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: str | os.PathLike[str]) -> None:
    """Remove a folder with all its contents, including read-only folders; follows no link."""
    if os.path.lexists(path):
        remove_at(os.fspath(path), None)


def remove_at(name: str, folder: Optional[int]) -> None:
    """Remove `name` in the folder of a descriptor, with all its contents; follows no link."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if not stat.S_ISDIR(mode):
        os.unlink(name, dir_fd=folder)
        return
    if mode & 0o700 != 0o700:
        os.chmod(name, 0o700, dir_fd=folder)
    inner = os.open(name, _FOLDER, dir_fd=folder)
    try:
        while names := _some(inner):
            for child in names:
                remove_at(child, inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=folder)


def _some(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in islice(entries, _AT_A_TIME)]
