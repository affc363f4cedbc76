"""Descend an untrusted root folder without ever leaving it."""

from __future__ import annotations

import errno
import os

from recast.layers.faults import LayerFault

__all__ = ["FOLDER", "LONGEST_PATH", "Place", "Walk", "path_parts", "refused"]

Place = tuple[str, ...]
"""The names of the folders from the root to a file, none of them a link."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
LONGEST_PATH = 4096
_DEEPEST = 256
_MOST_LINKS = 40


class Walk:
    """A descent from the root: open descriptors of the folders passed, and their names."""

    def __init__(self, root: int) -> None:
        self._open = [os.dup(root)]
        self._names: list[str] = []
        self._links = 0
        self.absolute = False

    @property
    def folder(self) -> int:
        """The descriptor of the folder that we are in."""
        return self._open[-1]

    @property
    def place(self) -> Place:
        """Where we are: names of real folders, from the root."""
        return tuple(self._names)

    def enter(self, name: str) -> bool:
        """Go into a folder; return False if it is not there or not a folder (nor a link to one)."""
        if len(self._names) >= _DEEPEST:
            raise refused("/".join(self._names[:8]) + "/...", f"it lies more than {_DEEPEST} folders deep")
        try:
            self._open.append(os.open(name, FOLDER, dir_fd=self.folder))
        except (FileNotFoundError, NotADirectoryError):
            return False
        self._names.append(name)
        return True

    def up(self) -> None:
        """Go to the parent; raise LayerFault at the root."""
        if not self._names:
            raise refused("..", "a link among its parents climbs out of the root")
        os.close(self._open.pop())
        self._names.pop()

    def read_link(self, name: str) -> str | None:
        """Return where a link points, None if nothing is there."""
        try:
            return os.readlink(name, dir_fd=self.folder)
        except FileNotFoundError:
            return None
        except OSError as problem:
            if problem.errno != errno.EINVAL:
                raise
            raise refused("/".join([*self._names, name]), "a file stands where a folder is needed") from None

    def follow(self, link: str) -> list[str]:
        """Take a link; return the components still to walk. An absolute one starts at the image's own root."""
        self._links += 1
        if self._links > _MOST_LINKS:
            raise refused(link, "its parents are a maze of links")
        if link.startswith("/"):
            self.absolute = True
            while self._names:
                self.up()
        return [part for part in link.split("/") if part not in ("", ".")]

    def result(self) -> tuple[int, Place]:
        """Return a descriptor of the folder that we are in, for the caller to close, and its place."""
        return os.dup(self.folder), self.place

    def close(self) -> None:
        """Let go of all descriptors."""
        while self._open:
            os.close(self._open.pop())


def path_parts(path: str) -> Place:
    """Split a path of an entry; raise LayerFault if it could refer to anything outside the root."""
    if path.startswith("/"):
        raise refused(path, "its path is absolute")
    if len(path) > LONGEST_PATH:
        raise refused(path, "its path is impossible")
    parts = tuple(part for part in path.split("/") if part not in ("", "."))
    if ".." in parts:
        raise refused(path, "its path climbs with ..")
    if "\0" in path or _too_long(parts):
        raise refused(path, "its path is impossible")
    return parts


def _too_long(parts: Place) -> bool:
    return any(len(part) > 63 and len(os.fsencode(part)) > 255 for part in parts)


def refused(name: str, why: str) -> LayerFault:
    """Return the error for an entry that leads out of the root (`image.escape`)."""
    return LayerFault("A layer's entry is refused", where=repr(name[:200]), why=why, code="image.escape")
