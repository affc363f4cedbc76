"""Files of a copy on their way to a disk, counted."""

from __future__ import annotations

import os
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
        self._folder, self._made = str(folder), set[str]()
        self.written = Written()

    def write(self, it: Copied) -> None:
        """Write a file; raise OSError, FileExistsError if it is there."""
        place = f"{self._folder}/{it.file}"  # a `Path` of each of a hundred thousand takes as long as writing it
        if (above := place.rpartition("/")[0]) not in self._made:
            os.makedirs(above, exist_ok=True)  # noqa: PTH103
            self._made.add(above)
        with open(place, "xb") as stream:  # noqa: PTH123
            stream.write(it.content)
        self.written += Written(1, len(it.content))
