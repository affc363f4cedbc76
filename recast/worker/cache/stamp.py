"""Check whether a tree of files is unchanged, by sizes, modes, times and inodes instead of contents.

Changing a file changes its ctime, which no program can set, so gigabytes need not be read.
"""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

__all__ = ["Stamp", "boot_id", "stamp_of"]


class Stamp(NamedTuple):
    """A digest over the `stat` of every file of a tree, and the tree's disk usage in bytes."""

    digest: str
    size_bytes: int


def stamp_of(root: str) -> Stamp:
    """Return the stamp of a folder, or of a single file; raises OSError."""
    hasher = hashlib.sha256()
    size = _add(hasher, "", os.lstat(root))
    folders = [root] if os.path.isdir(root) and not os.path.islink(root) else []
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except PermissionError:
            continue  # its own line, mode included, stands for it
        for entry in entries:
            size += _add(hasher, entry.path[len(root) :], entry.stat(follow_symlinks=False))
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
    return Stamp(hasher.hexdigest(), size)


def boot_id() -> str:
    """Return the id of this boot of the machine; unsynced files are not trusted after the next boot."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""


def _add(hasher: "hashlib._Hash", name: str, found: os.stat_result) -> int:
    told = (
        found.st_mode,
        found.st_uid,
        found.st_gid,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_ino,
    )
    hasher.update(f"{name}\0{told}\n".encode(errors="surrogateescape"))
    return found.st_blocks * 512
