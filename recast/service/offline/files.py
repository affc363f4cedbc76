"""Files of a copy on their way to a disk, counted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.service.offline.crawl import Copied

__all__ = ["Files", "Written"]


@dataclass(frozen=True, slots=True)
class Written:
    """How many files, and how many bytes."""

    files: int = 0
    bytes: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.files + other.files, self.bytes + other.bytes)

    def __sub__(self, other: Written) -> Written:
        return Written(self.files - other.files, self.bytes - other.bytes)


class Files:
    """Writes files into a new folder; none is written twice."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._made = folder, set[Path]()
        self.written = Written()

    def write(self, it: Copied) -> None:
        """Write a file; raise OSError, FileExistsError if it is there."""
        path = self._folder / it.file
        if path.parent not in self._made:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(path.parent)
        with path.open("xb") as stream:
            stream.write(it.content)
        self.written += Written(1, len(it.content))
