"""Stage out: from the work folder into the content-addressed store."""

from __future__ import annotations

import errno
import hashlib
import os

from recast.worker.failure import Failure

__all__ = ["copy_checked", "keep"]

_CHUNK_BYTES = 1 << 20
_COPY_INSTEAD = (errno.EXDEV, errno.EMLINK, errno.EPERM, errno.EACCES, errno.ENOTSUP)
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def keep(path: str, store: str) -> tuple[str, int, bool]:
    """Put a file into the store and return its digest, its size in bytes and whether it is executable.

    The file becomes read-only and shares its bytes with the store (hard link), unless they are on two devices.
    It is on the disk before its name is there. Doing it twice is harmless.
    """
    fd = os.open(path, _FLAGS)
    try:
        info = os.fstat(fd)
        name, size = _sha256(fd, info.st_size)
        executable = bool(info.st_mode & 0o111)
        folder = f"{store}/sha256/{name[:2]}"
        target = f"{folder}/{name[2:]}"
        if not _there(target, size):
            mode = 0o555 if executable else 0o444
            try:
                os.fchmod(fd, mode)
                os.fsync(fd)
                _link(path, folder, target)
            except OSError as problem:
                if problem.errno not in _COPY_INSTEAD:
                    raise
                _copy(fd, store, folder, target, mode)
    finally:
        os.close(fd)
    return "sha256:" + name, size, executable


def _sha256(fd: int, size_bytes: int) -> tuple[str, int]:
    data = os.read(fd, min(size_bytes + 1, _CHUNK_BYTES))
    digest, size = hashlib.sha256(data), len(data)
    while data:
        data = os.read(fd, _CHUNK_BYTES)
        digest.update(data)
        size += len(data)
    return digest.hexdigest(), size


def _there(target: str, size: int) -> bool:
    try:
        found = os.stat(target).st_size
    except FileNotFoundError:
        return False
    if found != size:
        # A machine that lost power may leave a stump; the bytes at hand are the right ones.
        os.unlink(target)
        return False
    return True


def _link(path: str, folder: str, target: str) -> None:
    try:
        os.link(path, target)
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        _link_once(path, target)
    except FileExistsError:
        return


def _link_once(path: str, target: str) -> None:
    try:
        os.link(path, target)
    except FileExistsError:
        return


def copy_checked(source: str, target: str) -> None:
    """Copy a file to where none is, and read it again: Failure (`staging`) if other bytes were written than read."""
    fd = os.open(source, _FLAGS)
    try:
        out = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            written = _pour(fd, out)
            os.lseek(out, 0, os.SEEK_SET)
            if _sha256(out, _CHUNK_BYTES)[0] != written:
                raise Failure("staging", f"{target} was copied with other bytes than were read")
            os.fchmod(out, os.fstat(fd).st_mode & 0o555)
        finally:
            os.close(out)
    finally:
        os.close(fd)


def _pour(fd: int, out: int) -> str:
    """Write all that can be read, and return the sha256 of it."""
    digest = hashlib.sha256()
    while data := os.read(fd, _CHUNK_BYTES):
        digest.update(data)
        view = memoryview(data)
        while view:
            view = view[os.write(out, view) :]
    return digest.hexdigest()


def _copy(fd: int, store: str, folder: str, target: str, mode: int) -> None:
    """Copy by way of a temporary name on the store's device; check that what was written is what was read."""
    aside = os.path.join(store, "tmp")
    os.makedirs(aside, exist_ok=True)
    os.makedirs(folder, exist_ok=True)
    temporary = f"{aside}/{os.getpid()}-{os.urandom(8).hex()}"
    out = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.lseek(fd, 0, os.SEEK_SET)
        _pour(fd, out)
        os.lseek(out, 0, os.SEEK_SET)
        if not target.endswith(_sha256(out, _CHUNK_BYTES)[0][2:]):
            raise Failure("staging", f"{target} was copied with other bytes than were read")
        os.fchmod(out, mode)
        os.fsync(out)
        os.rename(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
    finally:
        os.close(out)
