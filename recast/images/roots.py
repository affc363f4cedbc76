"""Whether unpacked root folders are still what their images say.

A root whose files look as they were left (sizes, modes, owners, inodes and times, `ctime` among them, which no program
can set) is believed. Any other is unpacked anew beside it, and the two are compared in all but the times of folders: so
a store that was copied is not called damaged, and a file of equal size and time that holds other bytes is found.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from recast.digests import from_hex
from recast.errors import RecastError
from recast.images.disk import writing
from recast.images.layout import ImageStore
from recast.images.unpack import note_stamp, noted_stamp, unpack_into
from recast.layers.tree import remove_tree
from recast.worker.cache.stamp import stamp_of

__all__ = ["differences", "root_problem", "unpacked_roots"]

_MOST_TOLD = 5
_CHUNK_BYTES = 1 << 20


def unpacked_roots(store: ImageStore) -> dict[str, Path]:
    """Return digest -> root folder of all images that are unpacked in a store."""
    folders = sorted((store.root / "unpacked").glob("[0-9a-f]" * 64))
    return {from_hex(folder.name): folder / "rootfs" for folder in folders}


def root_problem(store: ImageStore, digest: str, rootfs: Path) -> str:
    """Return what is wrong with an unpacked root, empty if nothing is.

    It is not changed; one that was compared and is sound is noted as such, where the store can be written.
    """
    try:
        now = stamp_of(str(rootfs)).digest
        if now == noted_stamp(rootfs.parent):
            return ""
        found = _compared(store, digest, rootfs)
    except RecastError as problem:
        return f"it looks changed, and cannot be compared with its image: {problem.why or problem.what}"
    except OSError as problem:
        return f"it cannot be read: {problem.strerror}: {problem.filename}"
    if found:
        return "it is not what its image says: " + "; ".join(found)
    note_stamp(rootfs.parent, now)
    return ""


def _compared(store: ImageStore, digest: str, rootfs: Path) -> list[str]:
    with store.using(), writing(rootfs.parent):
        # A name that the collector knows as one of a process that was killed.
        aside = Path(tempfile.mkdtemp(dir=rootfs.parent.parent, prefix=f"{rootfs.parent.name}.verify-"))
        try:
            (aside / "rootfs").mkdir(mode=0o755)
            unpack_into(store, digest, aside / "rootfs")
            return list(islice(differences(str(aside / "rootfs"), str(rootfs)), _MOST_TOLD))
        finally:
            remove_tree(aside)


def differences(right: str, other: str, place: str = "") -> Iterator[str]:
    """Yield in what a tree differs from the right one: paths, types, modes, owners, links, sizes, times and bytes."""
    here, there = _entries(right + place), _entries(other + place)
    for name in sorted(here.keys() | there.keys()):
        path = f"{place}/{name}"
        if name not in there:
            yield f"{path!r} is missing"
        elif name not in here:
            yield f"{path!r} is not in the image"
        elif what := _difference(right + path, here[name], other + path, there[name]):
            yield f"{path!r} has {what}"
        elif stat.S_ISDIR(here[name].st_mode):
            yield from differences(right, other, path)


def _entries(folder: str) -> dict[str, os.stat_result]:
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat(follow_symlinks=False) for entry in entries}


def _difference(path: str, right: os.stat_result, other_path: str, other: os.stat_result) -> str:
    if stat.S_IFMT(right.st_mode) != stat.S_IFMT(other.st_mode):
        return "another type"
    if stat.S_IMODE(right.st_mode) != stat.S_IMODE(other.st_mode):
        return f"mode {stat.S_IMODE(other.st_mode):o}, not {stat.S_IMODE(right.st_mode):o}"
    if (right.st_uid, right.st_gid) != (other.st_uid, other.st_gid):
        return "another owner"
    if stat.S_ISLNK(right.st_mode):
        return "" if _target(path) == _target(other_path) else "another target"
    if not stat.S_ISREG(right.st_mode):
        return ""
    if right.st_size != other.st_size:
        return f"{other.st_size} bytes, not {right.st_size}"
    if right.st_mtime_ns != other.st_mtime_ns:
        return "another time"
    return "" if _same_bytes(path, other_path) else "other bytes"


def _target(path: str) -> str:
    return os.readlink(path)  # noqa: PTH115 (the text itself)


def _same_bytes(path: str, other: str) -> bool:
    with open(path, "rb", buffering=0) as one, open(other, "rb", buffering=0) as two:  # noqa: PTH123 (many)
        while chunk := one.read(_CHUNK_BYTES):
            if two.read(len(chunk)) != chunk:
                return False
    return True
