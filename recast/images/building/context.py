"""The digest of a build context: everything that COPY could copy into an image."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from recast.errors import ImageError

__all__ = ["context_digest"]

_CHUNK_BYTES = 1 << 20
_OF_THE_MACHINE = ("security.selinux",)


def context_digest(folder: Path, read_through: Iterable[Path] = ()) -> str:
    """Return a digest of a folder: names, types, modes, bytes, targets of links, devices, extended attributes.

    For a link, the name of its target counts, as for COPY; files that the build itself reads, `read_through`, are read
    through links. Raises ImageError for what cannot be read.
    """
    hasher = hashlib.sha256()
    try:
        for field in _fields(os.fspath(folder), read_through):
            hasher.update(f"{len(field)}:".encode() + field)
    except OSError as problem:
        raise ImageError(
            "A build context cannot be read", where=str(problem.filename), why=str(problem.strerror)
        ) from None
    return hasher.hexdigest()


def _fields(folder: str, read_through: Iterable[Path]) -> Iterator[bytes]:
    for own in read_through:
        if own.is_file():
            yield from (b"read", os.fsencode(own.name), _content(os.fspath(own)))
    for place in _places(folder, ""):
        path = folder + place
        found = os.lstat(path) if place else os.stat(path)  # noqa: PTH116 (many)
        yield os.fsencode(place)
        yield f"{found.st_mode:o}".encode()
        if stat.S_ISREG(found.st_mode):
            yield _content(path)
        elif stat.S_ISLNK(found.st_mode):
            yield os.fsencode(os.readlink(path))  # noqa: PTH115 (the text itself)
        elif not stat.S_ISDIR(found.st_mode):
            yield f"{found.st_rdev}".encode()
        yield from _attributes(path)


def _places(folder: str, place: str) -> Iterator[str]:
    """Yield the folder itself and everything below it, sorted; links are not followed."""
    yield place
    with os.scandir(folder + place) as entries:
        children = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    for name, is_folder in children:
        if is_folder:
            yield from _places(folder, f"{place}/{name}")
        else:
            yield f"{place}/{name}"


def _content(path: str) -> bytes:
    hasher = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        while chunk := file.read(_CHUNK_BYTES):
            hasher.update(chunk)
    return hasher.digest()


def _attributes(path: str) -> Iterator[bytes]:
    try:
        names = sorted(set(os.listxattr(path, follow_symlinks=False)) - set(_OF_THE_MACHINE))
        for name in names:
            yield from (os.fsencode(name), os.getxattr(path, name, follow_symlinks=False))
    except OSError:
        return  # this file system has none
