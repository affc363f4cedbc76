"""The files of a repository that globs of its `recast-ci.yml` name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recast.errors import SpecError

__all__ = ["files_named"]

_MOST_FILES = 20_000


def files_named(top: Path, globs: Iterable[str]) -> list[Path]:
    """Return the files below `top` that match the globs, sorted, each once.

    Raises SpecError for a glob that leads out, for a file that is a symbolic link or lies outside, and for too many.
    """
    found: set[Path] = set()
    for glob in globs:
        if not glob or glob.startswith(("/", "~")) or ".." in glob.split("/"):
            raise SpecError(f"{glob!r:.80} does not stay below the repository", where=str(top), code="ci.config")
        for path in top.glob(glob):
            if path.is_file() or path.is_symlink():
                found.add(path)
            if len(found) > _MOST_FILES:
                raise SpecError(f"More than {_MOST_FILES} files match", where=glob, code="ci.config")
    inside = top.resolve()
    for path in found:
        if path.is_symlink() or not path.resolve().is_relative_to(inside):
            raise SpecError(
                "A file of the repository is a symbolic link",
                where=str(path.relative_to(top)),
                why="What it points to may change without the commit changing.",
                next_step="put the file itself there",
            )
    return sorted(found)
