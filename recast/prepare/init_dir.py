"""The files of an init directory, links followed; what cannot be handed in is refused if an input names it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recast.errors import InputError
from recast.spec.templates import text_leaves
from recast.terminal_safe import is_utf8
from recast.workflow.discover import Listing, has_magic, plain

__all__ = ["MOST_INIT_FILES", "InitFiles", "linked_parts", "read_initdir"]

MOST_INIT_FILES = 100_000
MOST_LINKED_FOLDERS = 1_000
"""Links to folders that contain links multiply: thirty levels with two links each are a billion folders."""


@dataclass(frozen=True, slots=True)
class InitFiles:
    """The files of an init directory by path, its linked folders, and by path why other files cannot be handed in."""

    root: Path
    files: dict[str, Path] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    odd: dict[str, str] = field(default_factory=dict)

    def listing(self) -> Listing:
        """Return the files as glob patterns see them; refused ones are included, so that naming one is an error."""
        return Listing([*self.files, *self.odd], links=self.links)

    def check(self, value: Any) -> None:
        """Raise InputError if a value names something that cannot be handed in, or a file outside."""
        listing = self.listing() if self.odd else None
        for text in text_leaves(value):
            if ".." in text.split("/") and not text.startswith("/") and _exists(self.root / text):
                raise self._refused(text, "is outside of the init directory, or has '..' in its path")
            if listing is None or not text or text.startswith("/"):
                continue
            named = listing.matches(text) if has_magic(text) and plain(text) not in self.files else [text]
            for path in map(plain, named):
                for folder in (path, *_above(path)):
                    if folder in self.odd:
                        raise self._refused(folder, self.odd[folder])

    def check_all(self) -> None:
        """Raise InputError if there is anything that cannot be handed in."""
        for path, why in self.odd.items():
            if why != _EMPTY:
                raise self._refused(path, why)

    def _refused(self, path: str, why: str) -> InputError:
        return InputError(
            f"{path!r} {why}",
            where=str(self.root),
            why="Jobs get only the files of the init directory.",
            next_step="copy the file into the init directory, or hand it in by itself: -p KEY=@FILE",
        )


_NO_TEXT = "has a name that is not UTF-8"
_EMPTY = "is a folder without files"


def read_initdir(initdir: Path) -> InitFiles:
    """Return the content of an init directory; raise InputError if it does not exist, or contains too much."""
    root = initdir.resolve()
    if not root.is_dir():
        raise InputError("The init directory does not exist", where=str(initdir), next_step="check --initdir")
    found = InitFiles(root)
    todo: list[tuple[str, tuple[str, ...]]] = [("", (str(root),))]
    seen = 0
    while todo:
        folder, above = todo.pop()
        try:
            with os.scandir(root / folder) as inside:
                entries = list(inside)
        except OSError as problem:
            entries = []
            found.odd[folder or "."] = f"cannot be read: {problem.strerror}"
        if not entries and folder:
            found.odd.setdefault(folder, _EMPTY)
        seen += len(entries)
        if seen > MOST_INIT_FILES or len(found.links) > MOST_LINKED_FOLDERS:
            raise InputError(
                f"The init directory has more than {MOST_INIT_FILES} files or {MOST_LINKED_FOLDERS} linked folders",
                where=str(initdir),
                next_step="give a folder that contains only the inputs",
            )
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not is_utf8(entry.name):
                found.odd[path] = _NO_TEXT
            elif entry.is_symlink() and (why := _odd_link(entry.path, str(root), above)):
                found.odd[path] = why
            elif entry.is_dir():
                todo.append((path, (*above, os.path.realpath(entry.path))))
                if entry.is_symlink():
                    found.links.add(path)
            elif entry.is_file():
                found.files[path] = Path(entry.path)
    return InitFiles(root, dict(sorted(found.files.items())), found.links, found.odd)


def linked_parts(path: str, place: Path) -> str:
    """Return how many parts of a path belong to linked folders that it passes through (`Artifact.links`)."""
    parts = path.split("/")
    if len(parts) < 2 or place.parts[-len(parts) :] != tuple(parts):
        return ""
    return " ".join(str(count) for count in range(1, len(parts)) if place.parents[len(parts) - 1 - count].is_symlink())


def _odd_link(link: str, root: str, above: tuple[str, ...]) -> str:
    real = os.path.realpath(link)
    if not Path(link).exists():
        return "is a broken link"
    if real != root and not real.startswith(root + "/"):
        return "is a link that leads out of the init directory"
    return "is a link to a folder that contains it" if real in above else ""


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]
