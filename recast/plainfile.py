"""A file named by a user or a document: opened once, and read only if it is a regular file, up to a maximum size.

Reading a pipe can block forever, a device has no end, and what /proc shows is not a file. So every file that a user, a
spec or an untrusted document names is read here.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from io import BufferedReader
from pathlib import Path

from recast.digests import from_hash

__all__ = ["MOST_TEXT_BYTES", "file_digest", "open_plain", "read_plain"]

MOST_TEXT_BYTES = 64 << 20
"""More than any text that people write by hand: inputs, points, keys, entries."""

_KINDS = (
    (stat.S_ISDIR, "a folder", errno.EISDIR),
    (stat.S_ISFIFO, "a pipe", errno.EINVAL),
    (stat.S_ISCHR, "a device", errno.EINVAL),
    (stat.S_ISBLK, "a device", errno.EINVAL),
    (stat.S_ISSOCK, "a socket", errno.EINVAL),
)


def open_plain(path: Path, *, links: bool = True) -> BufferedReader:
    """Open a regular file for reading; raise OSError, whose `strerror` says what it is instead if it is not one.

    Without `links`, the last part of the path must not be a symbolic link. Never blocks.
    """
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if links else os.O_NOFOLLOW)
    try:
        fd = os.open(path, flags)
    except OSError as problem:
        if problem.errno == errno.ENXIO:  # a socket, or a device without a driver
            raise OSError(errno.EINVAL, "it is not a file", str(path)) from None
        raise
    try:
        mode = os.fstat(fd).st_mode
        for test, word, number in _KINDS:
            if test(mode):
                raise OSError(number, f"it is {word}, and no file", str(path))
    except OSError:
        os.close(fd)
        raise
    return os.fdopen(fd, "rb")


def read_plain(path: Path, most_bytes: int = MOST_TEXT_BYTES, *, links: bool = True) -> bytes:
    """Return the content of a regular file of at most `most_bytes`; raise OSError if it is larger, or as `open_plain`
    does.
    """
    with open_plain(path, links=links) as file:
        size = os.fstat(file.fileno()).st_size
        if size > most_bytes:
            raise OSError(errno.EFBIG, f"it has {size} bytes, more than {most_bytes}", str(path))
        content = file.read(size + 1)
        if len(content) > size:
            raise OSError(
                errno.EINVAL, "it holds more than it says: it is being written, or no file of a disk", str(path)
            )
        return content


def file_digest(path: Path) -> str:
    """Return `sha256:<hex>` of a file's content, reading it in pieces."""
    with open_plain(path) as reader:
        return from_hash(hashlib.file_digest(reader, "sha256"))
