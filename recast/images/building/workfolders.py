"""Remove the work folders of killed builds, whoever owns the files and whatever is mounted.

A build creates its own folder and never uses another's, so folders that cannot be removed do no harm.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from pathlib import Path

from recast.errors import RecastError
from recast.images.layout import ImageStore
from recast.images.tools import run_tool
from recast.layers.tree import remove_tree

__all__ = ["clear", "remove_workfolder", "workfolders"]

_DETACH = 2
_LARGEST_TABLE = 16 << 20


def workfolders(store: ImageStore) -> list[Path]:
    """Return the work folders in a store, sorted."""
    return sorted([*store.root.glob(".build-*"), *store.root.glob(".base-*")])


def clear(store: ImageStore, say: Callable[[str], None]) -> None:
    """Remove all work folders; the caller holds the lock of builds. What cannot be removed is reported to `say`."""
    for folder in workfolders(store):
        try:
            remove_workfolder(folder, store.root / "logs" / "clear.log")
        except (OSError, RecastError) as problem:
            said = problem.strerror if isinstance(problem, OSError) else problem.why or problem.what
            say(f"note: {folder} was left by a build and cannot be removed: {said}")


def remove_workfolder(folder: Path, log: Path) -> None:
    """Remove a work folder with all its contents; raise OSError or ImageError."""
    if os.geteuid() == 0:
        _unmount_below(folder)
        remove_tree(folder)
    else:  # the files belong to users of our user namespace
        run_tool(["buildah", "unshare", "--", "rm", "-rf", str(folder)], log)


def _unmount_below(folder: Path) -> None:
    """Detach what is mounted below a folder: containers-storage mounts itself, and a kill leaves it mounted."""
    root = os.fsencode(folder.resolve()) + b"/"
    with open("/proc/self/mountinfo", "rb") as table:  # noqa: PTH123 (its size is 0)
        places = [_plain(line.split()[4]) for line in table.read(_LARGEST_TABLE).splitlines()]
    libc = ctypes.CDLL(None, use_errno=True)
    for place in reversed([place for place in places if place.startswith(root)]):
        if libc.umount2(place, _DETACH) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), os.fsdecode(place))


def _plain(escaped: bytes) -> bytes:
    """Return a path from the kernel's mount table without escapes (space, tab, newline, backslash)."""
    for code, sign in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        escaped = escaped.replace(code, sign)
    return escaped
