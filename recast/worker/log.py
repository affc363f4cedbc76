"""The log of an attempt, as the worker looks at it: its size, and its last words."""

from __future__ import annotations

import os

__all__ = ["Log"]

_TAIL_BYTES = 4096


class Log:
    """What the payload prints, in a file that may not be there."""

    def __init__(self, path: str) -> None:
        self._path = path

    def is_full(self, most_mb: int) -> bool:
        """Return whether it is as large as it may be."""
        try:
            return os.stat(self._path).st_size >= most_mb * 1_000_000
        except OSError:
            return False

    def last_line(self) -> str:
        """Return the last line that is not blank, shortened; nothing if there is none."""
        try:
            with open(self._path, "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
                lines = file.read().decode(errors="replace").split("\n")
        except OSError:
            return ""
        plain = ("".join(letter if letter.isprintable() else " " for letter in line).strip() for line in lines)
        said = [line for line in plain if line]
        return said[-1][:300] if said else ""
