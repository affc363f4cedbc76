"""The most memory that a control group used at once, payload by payload."""

from __future__ import annotations

from recast.worker.limits.groupfiles import KeptFile

__all__ = ["Peak"]


class Peak:
    """The peak of the group `folder` since `begin`.

    Version 1 starts afresh when told. Version 2 does so since Linux 6.12, for the file as it was opened; before, a peak
    is known only if it is higher than all that came before it in this group.
    """

    def __init__(self, folder: str, unified: bool) -> None:
        self._path = f"{folder}/{'memory.peak' if unified else 'memory.max_usage_in_bytes'}"
        self._file = KeptFile(self._path, writes=True)
        self._unified = unified
        self._starts_afresh = True
        self._before_bytes = 0

    def begin(self) -> None:
        """Forget what was before, where the kernel lets us. Raises OSError."""
        if self._starts_afresh:
            try:
                self._file.write("0")
                return
            except OSError:
                if not self._unified:
                    raise
                self._starts_afresh = False
                self._file = KeptFile(self._path)
        self._before_bytes = _number(self._file.read())

    def bytes(self) -> int:
        """Return the peak since `begin`; 0 if the kernel does not say."""
        found_bytes = _number(self._file.read())
        return found_bytes if found_bytes > self._before_bytes else 0


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
