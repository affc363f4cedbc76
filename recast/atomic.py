"""Files and folders that appear complete or not at all, and leave nothing behind if their writer is killed.

A file has no name while it is written (`O_TMPFILE`), so it is gone with its writer. Where the file system does not
support such files, and for folders, a temporary name with a lock on it is used; the next writer there removes those
whose lock nobody holds.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from recast.layers.tree import remove_tree
from recast.worker.files.durable import sync_tree

__all__ = [
    "NewFile",
    "become_folder",
    "copy_file",
    "new_file",
    "new_folder",
    "replace_file",
    "sync_folder",
    "whole_file",
]

_UNNAMED = getattr(os, "O_TMPFILE", 0)
_NO_SUCH_FILES = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT, errno.EPERM)
_YOUNG_S = 60.0
"""A name younger than this may belong to a writer that has not locked it yet."""


class NewFile:
    """A file without a name: write to `stream`, then call `becomes` to give it a path."""

    def __init__(self, stream: IO[bytes], folder: Path, name: Path | None) -> None:
        self.stream, self._folder, self._name = stream, folder, name

    def becomes(self, path: Path, mode: int | None = None) -> None:
        """Give the file its name, replacing what has that name; the content is on the disk by then. Raises OSError."""
        self.stream.flush()
        if mode is not None:
            os.fchmod(self.stream.fileno(), mode)
        os.fsync(self.stream.fileno())
        if self._name is None:
            self._name = _linked(self.stream.fileno(), path)
        if self._name != path:
            self._name.replace(path)
        self._name = None
        sync_folder(path.parent)

    def _drop(self) -> None:
        if self._name is not None:
            self._name.unlink(missing_ok=True)
        self.stream.close()


@contextmanager
def new_file(folder: Path, mark: str = "new") -> Iterator[NewFile]:
    """Open a file in an existing folder; it vanishes unless it is given a path. Raises OSError.

    `mark` names leftovers where they cannot be avoided: `.<mark>.<random>.tmp`.
    """
    file = _open(folder, mark)
    try:
        yield file
    finally:
        file._drop()


@contextmanager
def whole_file(path: Path, mode: int | None = None) -> Iterator[IO[bytes]]:
    """Write a file that appears at `path` when the block ends without an exception, replacing what is there. Raises
    OSError.

    A link at `path` is followed, and its target replaced; what is not a regular file (`/dev/stdout`, a pipe) is written
    to directly.
    """
    path = path.resolve() if path.is_symlink() else path
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    with new_file(path.parent, path.name) as file:
        yield file.stream
        file.becomes(path, mode)


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` to a file, completely or not at all; raise OSError."""
    with whole_file(path) as stream:
        stream.write(content)


def copy_file(source: Path, path: Path) -> None:
    """Copy a file, completely or not at all; raise OSError."""
    with source.open("rb") as reader, whole_file(path) as stream:
        shutil.copyfileobj(reader, stream)


@contextmanager
def new_folder(parent: Path, mark: str, mode: int = 0o777) -> Iterator[Path]:
    """Yield a new folder `.<mark>.<random>.tmp` in an existing one; it is removed at the end unless it was renamed.

    Folders left by killed writers are removed first. Raises OSError.
    """
    _sweep(parent, mark)
    folder = _name(parent, mark)
    folder.mkdir(mode)
    descriptor = _hold(os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
    try:
        yield folder
    finally:
        remove_tree(folder)
        os.close(descriptor)


def become_folder(fresh: Path, path: Path) -> None:
    """Rename a new folder to its final path; its content is on the disk before. Raises OSError."""
    sync_tree(str(fresh))
    fresh.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable (fsync)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _open(folder: Path, mark: str) -> NewFile:
    if _UNNAMED:
        try:
            descriptor = os.open(folder, _UNNAMED | os.O_RDWR | os.O_CLOEXEC, 0o666)
            return NewFile(os.fdopen(descriptor, "wb"), folder, None)
        except OSError as problem:
            if problem.errno not in _NO_SUCH_FILES:
                raise
    _sweep(folder, mark)
    name = _name(folder, mark)
    descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    return NewFile(os.fdopen(_hold(descriptor), "wb"), folder, name)


def _linked(descriptor: int, path: Path) -> Path:
    """Link a file without a name to `path` if that is free, else to a temporary name beside it that can replace it."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for target in (path, _name(path.parent, path.name)):
            with contextlib.suppress(FileExistsError):
                # Only with a folder's descriptor does Python ask the kernel to follow the link in /proc.
                os.link(f"/proc/self/fd/{descriptor}", target.name, src_dir_fd=folder, dst_dir_fd=folder)
                return target
    finally:
        os.close(folder)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _sweep(folder: Path, mark: str) -> None:
    """Remove what killed writers left behind: names on which nobody holds a lock."""
    for path in folder.glob(f".{_plain(mark)}.*.tmp"):
        with contextlib.suppress(OSError):  # a gone one, one of somebody else: not ours to fix
            status = path.lstat()
            young = time.time() - status.st_mtime < _YOUNG_S
            if young or status.st_uid != os.geteuid() or stat.S_ISLNK(status.st_mode):
                continue
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                remove_tree(path) if path.is_dir() else path.unlink()
            finally:
                os.close(descriptor)


def _hold(descriptor: int) -> int:
    with contextlib.suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return descriptor


def _name(folder: Path, mark: str) -> Path:
    return folder / f".{mark[:200]}.{os.urandom(6).hex()}.tmp"


def _plain(mark: str) -> str:
    """Return a mark as a glob pattern that matches only it."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in mark[:200])
