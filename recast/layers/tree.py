"""Removing a tree of files, whoever filled it."""

from __future__ import annotations

import os
import shutil
import stat

__all__ = ["remove_tree"]


def remove_tree(path: str | os.PathLike[str]) -> None:
    """Remove a folder with all that is in it, also folders that their owner may not write; follows no link."""
    if not os.path.lexists(path):
        return
    for folder, names, _ in os.walk(path):
        for name in names:
            _open_up(os.path.join(folder, name))
    shutil.rmtree(path)


def _open_up(path: str) -> None:
    mode = os.lstat(path).st_mode
    if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
        os.chmod(path, 0o700)
