"""Count the folders that an archive creates: a few kilobytes can name hundreds of thousands."""

from __future__ import annotations

from pathlib import Path

from recast.remote.members import unsound

__all__ = ["Folders"]

DEEPEST = 64
MOST_FOLDERS = 20_000
_UNSUSPICIOUS = 1000
_PER_MEMBER = 4
"""The most folders per member, in an archive with more than a few folders; ordinary archives have less than one."""


class Folders:
    """All folders in an archive: those of members, and members that are folders."""

    def __init__(self, archive: Path) -> None:
        self._archive = archive
        self._members = 0
        self._found: set[str] = set()

    def __contains__(self, path: str) -> bool:
        return path in self._found

    def add(self, path: str, *, itself: bool) -> list[str]:
        """Note the folders above a member, and `itself` if it is one; return those above it.

        Raises InputError if they are too deep or too many.
        """
        self._members += 1
        if path.count("/") >= DEEPEST:
            raise unsound(self._archive, f"its member {path[:60]!r}... lies more than {DEEPEST} folders deep")
        above = [path[:index] for index, sign in enumerate(path) if sign == "/"]
        self._found.update(above, [path] if itself else ())
        most = min(MOST_FOLDERS, max(_UNSUSPICIOUS, _PER_MEMBER * self._members))
        if len(self._found) > most:
            raise unsound(self._archive, f"{self._members} of its members lie in more than {most} folders")
        return above

    def all(self) -> list[str]:
        """Return the folders, sorted."""
        return sorted(self._found)
