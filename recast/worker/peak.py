"""The most memory that a control group used at once, payload by payload."""

from __future__ import annotations

import os

from recast.worker.groupfiles import read_text, write_text

__all__ = ["Peak"]


class Peak:
    """The peak of the group `folder` since `begin`.

    Version 1 starts afresh when told. Version 2 does so since Linux 6.12, for the file as it was opened; before, a peak
    is known only if it is higher than all that came before it in this group.
    """

    def __init__(self, folder: str, unified: bool) -> None:
        self._path = f"{folder}/{'memory.peak' if unified else 'memory.max_usage_in_bytes'}"
        self._unified = unified
        self._fd: int | None = None
        self._before_bytes = 0

    def begin(self) -> None:
        """Forget what was before, where the kernel lets us. Raises OSError."""
        if not self._unified:
            write_text(self._path, "0")
        elif not self._starts_afresh():
            self._before_bytes = _number(read_text(self._path))

    def bytes(self) -> int:
        """Return the peak since `begin`; 0 if the kernel does not say."""
        if self._fd is not None:
            return _number(os.pread(self._fd, 64, 0).decode().strip())
        found_bytes = _number(read_text(self._path))
        return found_bytes if found_bytes > self._before_bytes else 0

    def _starts_afresh(self) -> bool:
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
            os.pwrite(self._fd, b"0", 0)
        except OSError:
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None
            return False
        return True


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
