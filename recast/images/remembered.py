"""What a file says, read again only when it has changed: an index of ten thousand names takes a tenth of a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

__all__ = ["Remembered"]

Said = TypeVar("Said")


class Remembered(Generic[Said]):
    """The value of a file that is only ever replaced as a whole, never written in place.

    The value is shared by all who ask for it: they must not change it. Raises what `read` raises.
    """

    def __init__(self, path: Path, read: Callable[[Path], Said]) -> None:
        self._path, self._read = path, read
        self._known: tuple[tuple[int, ...] | None, Said] | None = None

    def get(self) -> Said:
        """Return what the file says now."""
        try:
            stamp = self._stamp()  # before it is read: if it changes meanwhile, it is read once more
        except OSError:
            return self._read(self._path)
        known = self._known
        if known is not None and known[0] == stamp:
            return known[1]
        said = self._read(self._path)
        self._known = (stamp, said)
        return said

    def _stamp(self) -> tuple[int, ...] | None:
        """Return what changes with a file, None if there is none."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return None
        return (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
