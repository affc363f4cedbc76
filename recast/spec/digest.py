"""The digest of a spec's files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from recast.digests import from_hash
from recast.errors import SpecError
from recast.plainfile import open_plain

__all__ = ["bundle_files", "spec_digest"]

_CHUNK_BYTES = 1024 * 1024


def bundle_files(toplevel: Path) -> tuple[str, ...]:
    """Return the relative paths of all files below a folder, sorted.

    Hidden files and folders (`.git`, editor files) are left out. A symbolic link or a device is a SpecError: what it
    points to may change without the digest changing.
    """
    found: list[str] = []
    for folder, folders, names in os.walk(toplevel):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in [*folders, *(name for name in names if not name.startswith("."))]:
            path = Path(folder, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise _not_a_file(path)
            if path.is_file():
                found.append(path.relative_to(toplevel).as_posix())
    return tuple(sorted(found))


def spec_digest(toplevel: Path, files: Iterable[str] | None = None) -> str:
    """Return `sha256:...` over the paths and contents of files below a folder; all of `bundle_files` by default.

    It is the sha256 of one line `<sha256 of the content>  <path>\\n` a file in the order of the sorted paths: what
    `sha256sum` prints for them. The same files give the same digest wherever the folder lies.
    """
    lines = hashlib.sha256()
    for file in sorted(set(bundle_files(toplevel) if files is None else files)):
        lines.update(f"{_sha256(toplevel / file)}  {file}\n".encode())
    return from_hash(lines)


def _sha256(path: Path) -> str:
    if path.is_symlink() or (path.exists() and not path.is_file()):  # opening a pipe would block forever
        raise _not_a_file(path)
    digest = hashlib.sha256()
    try:
        with open_plain(path, links=False) as stream:
            while chunk := stream.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as problem:
        raise SpecError(
            "A file of the bundle cannot be read", where=str(path), why=str(problem), code="spec.unreadable"
        ) from None
    return digest.hexdigest()


def _not_a_file(path: Path) -> SpecError:
    return SpecError(
        "The bundle holds something that is neither a file nor a folder",
        where=str(path),
        why="A symbolic link may point elsewhere tomorrow, so a digest over it would mean nothing.",
        next_step="Replace it by a copy of the file.",
        code="spec.symlink",
    )
