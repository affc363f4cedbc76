"""Stage out: from the work folder into the content-addressed store.

A file that was just hashed replaces an existing one with its name, which may be damaged.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from recast.worker.failure import Failure
from recast.worker.files.durable import MOST_WAITS, sync_file_systems

__all__ = ["EMPTY_DIGEST", "Kept", "copy_checked", "is_intact", "keep", "keep_all", "rename_away"]

EMPTY_DIGEST = "sha256:" + hashlib.sha256().hexdigest()
"""The stored form of an empty folder, whose path ends in a slash."""

_CHUNK_BYTES = 1 << 20
_COPY_INSTEAD = (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EACCES, errno.ENOTSUP)
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP, errno.ENXIO)
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ZEROS = bytes(_CHUNK_BYTES)


class Kept(NamedTuple):
    """A file that was added to the store: digest, size in bytes, whether it is executable."""

    digest: str
    size: int
    executable: bool


class _Hashed(NamedTuple):
    path: str
    name: str
    size: int
    executable: bool
    copy: str
    """Where its bytes lie on the store's disk under no name yet; empty for a file that can be linked."""
    is_elsewhere: bool = False
    """Whether the file itself lies on another disk than the store."""


def _nothing() -> None:
    """Look at nothing: no deadline, nobody who cancels."""


def keep(path: str, store: str, look: Callable[[], None] = _nothing) -> Kept:
    """Add a file to the store, as `keep_all` does."""
    return keep_all([path], store, look)[0]


def keep_all(paths: Sequence[str], store: str, look: Callable[[], None] = _nothing) -> list[Kept]:
    """Add files to the store, each under its digest. A path that ends in a slash is an empty folder.

    A file becomes read-only and shares its bytes with the store (hard link), unless they are on two devices or it has
    other names already. All are on the disk, here and there, before their names are in the store. Repeating it is
    harmless. `look` is called periodically, and may raise. Raises Failure (`user`, `staging`) and OSError.
    """
    together = len(paths) > MOST_WAITS
    aside = _Aside(store)
    try:
        files = []
        for path in paths:
            look()
            files.append(_hashed(path, aside, look, sync=not together))
        if together:
            sync_file_systems([store, *(file.path for file in files if file.is_elsewhere)])
        _name(files, store, look)
    finally:
        aside.clear()
    return [Kept("sha256:" + file.name, file.size, file.executable) for file in files]


class _Aside:
    """Where copies lie until they have their names; `device` is that of the store."""

    def __init__(self, store: str) -> None:
        os.makedirs(store, exist_ok=True)
        self.device = os.stat(store).st_dev
        self._folder = store + "/tmp"  # noqa: S108
        self._left: list[str] = []

    def place(self) -> str:
        os.makedirs(self._folder, exist_ok=True)
        self._left.append(f"{self._folder}/{os.getpid()}-{os.urandom(8).hex()}")
        return self._left[-1]

    def clear(self) -> None:
        for path in self._left:
            if os.path.lexists(path):
                os.unlink(path)


def _hashed(path: str, aside: _Aside, look: Callable[[], None], *, sync: bool) -> _Hashed:
    if path.endswith("/"):
        return _empty(aside)
    fd = _opened(path)
    try:
        info = os.fstat(fd)
        executable = bool(info.st_mode & 0o111)
        mode = 0o555 if executable else 0o444
        if info.st_dev != aside.device or info.st_nlink != 1:  # with other names, it may be changed by them
            copy = aside.place()
            name, size = _copied(fd, info, copy, mode, look, sync=sync)
            if sync:
                os.fsync(fd)  # it shares no bytes with the copy, and this is the file that is seen in the step's folder
            return _Hashed(path, name, size, executable, copy, info.st_dev != aside.device)
        name, size = _sha256(fd, info, look)
        os.fchmod(fd, mode)
        if sync:
            os.fsync(fd)
        return _Hashed(path, name, size, executable, "")
    finally:
        os.close(fd)


def _empty(aside: _Aside) -> _Hashed:
    copy = aside.place()
    os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444))
    return _Hashed("", EMPTY_DIGEST[7:], 0, False, copy)


def _opened(path: str) -> int:
    """Open an output file of a job; one that cannot be read is the job's fault, not the store's."""
    try:
        return os.open(path, _FLAGS)
    except OSError as problem:
        if problem.errno in _NOT_OURS:
            raise Failure("user", f"output {path[-200:]!r} cannot be read: {problem.strerror}") from None
        raise


def _name(files: Sequence[_Hashed], store: str, look: Callable[[], None]) -> None:
    """Give each content its name, once."""
    named: set[str] = set()
    for file in files:
        look()
        if file.name in named:
            continue
        folder = f"{store}/sha256/{file.name[:2]}"
        target = f"{folder}/{file.name[2:]}"
        if file.copy:
            _in_folder(os.rename, file.copy, folder, target)
        else:
            _linked(file, store, folder, target, look)
        named.add(file.name)


def _linked(file: _Hashed, store: str, folder: str, target: str, look: Callable[[], None]) -> None:
    try:
        _in_folder(_link_over, file.path, folder, target)
    except OSError as problem:
        if problem.errno not in _COPY_INSTEAD:
            raise
        aside = _Aside(store)
        try:
            copy, fd = aside.place(), os.open(file.path, _FLAGS)
            try:
                mode = 0o555 if file.executable else 0o444
                name, _ = _copied(fd, os.fstat(fd), copy, mode, look, sync=True)
            finally:
                os.close(fd)
            if name != file.name:
                raise Failure("staging", f"{file.path} changed while it was kept") from None
            _in_folder(os.rename, copy, folder, target)
        finally:
            aside.clear()


def _in_folder(act: Callable[[str, str], None], source: str, folder: str, target: str) -> None:
    try:
        act(source, target)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        act(source, target)


def _link_over(source: str, target: str) -> None:
    """Link a file to a name, whatever has that name."""
    try:
        os.link(source, target)
    except FileExistsError:
        temporary = f"{target}.{os.getpid()}-{os.urandom(4).hex()}"
        os.link(source, temporary)
        rename_away(temporary, target)


def rename_away(source: str, target: str) -> None:
    """Rename a file; its old name is gone even if both are links to one file, of which `rename` leaves both."""
    os.rename(source, target)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(source)


def _sha256(fd: int, info: os.stat_result, look: Callable[[], None] = _nothing) -> tuple[str, int]:
    """Return the sha256 of a file that was just opened or wound back, and how many bytes it has."""
    if info.st_size < _CHUNK_BYTES:
        data = os.read(fd, info.st_size + 1)
        if len(data) == info.st_size:
            return hashlib.sha256(data).hexdigest(), len(data)
        os.lseek(fd, 0, os.SEEK_SET)
    digest, size = hashlib.sha256(), 0
    for data, _ in _pieces(fd, info):
        digest.update(data)
        size += len(data)
        if len(data) == _CHUNK_BYTES:
            look()
    return digest.hexdigest(), size


def _pieces(fd: int, info: os.stat_result) -> Iterator[tuple[bytes, bool]]:
    """Yield the content of a file in pieces, with whether each is a hole, which is not read."""
    if info.st_blocks * 512 < info.st_size and info.st_size > _CHUNK_BYTES:
        yield from _sparse_pieces(fd, info.st_size)
        return
    while data := os.read(fd, _CHUNK_BYTES):
        yield data, False


def _sparse_pieces(fd: int, size: int) -> Iterator[tuple[bytes, bool]]:
    at = 0
    while at < size:
        begin = _sought(fd, at, os.SEEK_DATA, size)
        for start in range(at, begin, _CHUNK_BYTES):
            yield _ZEROS[: begin - start], True
        end = _sought(fd, begin, os.SEEK_HOLE, size)
        at = begin
        while at < end and (data := os.pread(fd, min(_CHUNK_BYTES, end - at), at)):
            yield data, False
            at += len(data)
        if at < end:
            return  # it became shorter


def _sought(fd: int, at: int, whence: int, size: int) -> int:
    try:
        return min(os.lseek(fd, at, whence), size)
    except OSError as problem:
        if problem.errno != errno.ENXIO:
            raise
        return size


def is_intact(path: str, digest: str, look: Callable[[], None] = _nothing) -> bool:
    """Return whether a file matches its digest, by reading it."""
    fd = os.open(path, _FLAGS)
    try:
        return "sha256:" + _sha256(fd, os.fstat(fd), look)[0] == digest
    finally:
        os.close(fd)


def copy_checked(source: str, target: str) -> None:
    """Copy a file to where none is, and read it again: Failure (`staging`) if other bytes were written than read."""
    fd = os.open(source, _FLAGS)
    try:
        info = os.fstat(fd)
        _copied(fd, info, target, info.st_mode & 0o555, _nothing, sync=False)
    finally:
        os.close(fd)


def _copied(
    fd: int, info: os.stat_result, target: str, mode: int, look: Callable[[], None], *, sync: bool
) -> tuple[str, int]:
    """Copy an open file to a new one, holes as holes; return sha256 and size of what was read, and is there now."""
    out = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        name, size = _poured(fd, info, out, look)
        os.lseek(out, 0, os.SEEK_SET)
        if _sha256(out, os.fstat(out), look) != (name, size):
            raise Failure("staging", f"{target} was copied with other bytes than were read")
        os.fchmod(out, mode)
        if sync:
            os.fsync(out)
    finally:
        os.close(out)
    return name, size


def _poured(fd: int, info: os.stat_result, out: int, look: Callable[[], None]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for data, is_hole in _pieces(fd, info):
        digest.update(data)
        view = memoryview(data)
        at = size
        while view and not is_hole:
            written = os.pwrite(out, view, at)
            view, at = view[written:], at + written
        size += len(data)
        if len(data) == _CHUNK_BYTES:
            look()
    os.ftruncate(out, size)
    return digest.hexdigest(), size
