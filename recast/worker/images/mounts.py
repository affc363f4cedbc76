"""Empty files and folders in a root folder, over which a runtime mounts what a job needs."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping

from recast.layers.apply import MOUNT_POINTS
from recast.worker.failure import Failure

__all__ = ["make_mount_points", "missing_mount_points"]

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def missing_mount_points(rootfs: str, wanted: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return those of the wanted places (`path`, `kind`: file or folder), and of the ones all need, that are not there.

    Raises Failure (`infrastructure`) where something else stands in the way, above all a link: it would be followed
    while the container is being set up, when the node is still in reach.
    """
    always = [{"path": "/" + path, "kind": "folder"} for path in MOUNT_POINTS]
    return [place for place in [*always, *wanted] if not _is_there(rootfs, place)]


def make_mount_points(rootfs: str, places: Iterable[Mapping[str, str]]) -> None:
    """Make them; raises Failure (`infrastructure`) for what is in the way, OSError for a folder that is read-only."""
    for place in places:
        *above, name = _parts(place["path"])
        folder = os.open(rootfs, _FOLDER)
        try:
            for part in above if place["kind"] == "file" else [*above, name]:
                inner = _made(folder, part, place["path"])
                os.close(folder)
                folder = inner
            if place["kind"] == "file":
                os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644, dir_fd=folder))
        finally:
            os.close(folder)


def _made(folder: int, name: str, path: str) -> int:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o755, dir_fd=folder)
    try:
        return os.open(name, _FOLDER, dir_fd=folder)
    except OSError as problem:
        raise Failure("infrastructure", f"nothing can be mounted at {path} of the image: {problem.strerror}") from None


def _is_there(rootfs: str, place: Mapping[str, str]) -> bool:
    parts = _parts(place["path"])
    here = rootfs
    for depth, part in enumerate(parts, 1):
        here = f"{here}/{part}"
        try:
            mode = os.lstat(here).st_mode
        except FileNotFoundError:
            return False
        is_file = depth == len(parts) and place["kind"] == "file"
        if not (stat.S_ISREG(mode) if is_file else stat.S_ISDIR(mode)):
            kind = "file" if is_file else "folder"
            raise Failure("infrastructure", f"the image has no plain {kind} at {here[len(rootfs) :]} to mount over")
    return True


def _parts(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or not path.startswith("/"):
        raise Failure("infrastructure", f"{path!r} is no place in an image")
    return parts
