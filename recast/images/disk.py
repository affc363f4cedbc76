"""Write files so that a crash leaves either the old or the new state."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recast.atomic import replace_file as write_whole
from recast.atomic import sync_folder
from recast.errors import ImageError

__all__ = ["locked", "replace_file", "sync_folder", "writing"]


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError while `path` is written into an ImageError that says what to do."""
    try:
        yield
    except OSError as problem:
        raise ImageError.of(
            problem,
            "The image store cannot be written",
            path,
            "Free space or fix the permissions, or choose another folder: export RECAST_IMAGE_STORE=DIR",
        ) from problem


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file, which is created if necessary; waits for another holder."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file completely or not at all."""
    with writing(path):
        write_whole(path, content)
