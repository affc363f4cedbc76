"""Write the files of an export into a folder, each completely or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recast.atomic import copy_file, replace_file
from recast.errors import StoreError, UsageError

__all__ = ["check_empty", "write_files"]


def check_empty(folder: Path) -> None:
    """Raise UsageError if there is anything in the folder: HEPData refuses files that a submission does not name."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(
            "The folder is not empty",
            where=str(folder),
            why="What is there would be part of it.",
            next_step="choose a new DIR",
        )


def write_files(folder: Path, files: Mapping[str, bytes], copies: Mapping[str, Path]) -> list[Path]:
    """Write contents and copy files into a folder by their names; return the paths. Raises StoreError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            replace_file(folder / name, content)
        for name, place in copies.items():
            copy_file(place, folder / name)
    except OSError as problem:
        raise StoreError.of(
            problem,
            "The results cannot be written",
            folder,
            "Free space or fix the permissions, or choose another folder.",
        ) from problem
    return [folder / name for name in sorted([*files, *copies])]
