"""The folder of the copy: it appears whole, in place of an earlier copy and of nothing else."""

from __future__ import annotations

import ctypes
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recast.atomic import new_folder, sync_folder
from recast.errors import InfrastructureError, UsageError
from recast.json_types import JsonObject

__all__ = ["MARK", "check_place", "in_place_of"]

MARK = "recast-copy.json"
"""The file by which a copy is known."""

_KIND = "recast catalogue export --site"
_FORM = 1
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
_LARGEST_MARK = 100_000


def check_place(folder: Path) -> None:
    """Raise UsageError unless a copy may be written there: nothing is there, an empty folder, or an earlier copy."""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise _not_ours(folder, "It is not a folder.")
    if folder.is_dir() and any(folder.iterdir()) and not _is_copy(folder):
        raise _not_ours(folder, f"It has files in it, and no {MARK} that says that they are an earlier copy.")


@contextmanager
def in_place_of(folder: Path, about: JsonObject) -> Iterator[Path]:
    """Yield a new folder beside one, which takes its place at the end of the block; if the block raises, or the process
    is killed, all is as it was. `about` is what the copy says of itself.

    Raises UsageError, and InfrastructureError if the folder cannot be written.
    """
    check_place(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(folder.parent, folder.name) as fresh:
            yield fresh
            mark = {"kind": _KIND, "form": _FORM, **about}
            (fresh / MARK).write_text(json.dumps(mark, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            check_place(folder)  # it took a while
            os.sync()  # once for all: a copy has a hundred thousand files
            _swap(fresh, folder)
            sync_folder(folder.parent)
    except OSError as problem:
        raise InfrastructureError(
            "The copy cannot be written",
            where=str(folder),
            why=str(problem),
            next_step="name a folder with room that you can write; on a memory stick, a folder of it",
        ) from problem


def _swap(fresh: Path, folder: Path) -> None:
    """Let a folder take the place of another, at one instant where the file system can; the other is `fresh` then."""
    if not folder.exists():
        fresh.rename(folder)
        return
    if not _exchanged(fresh, folder):
        aside = fresh.with_name(f"{fresh.name}.before")
        folder.rename(aside)
        try:
            fresh.rename(folder)
        except OSError:
            aside.rename(folder)
            raise
        aside.rename(fresh)


def _exchanged(one: Path, other: Path) -> bool:
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        return False
    return bool(rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)


def _is_copy(folder: Path) -> bool:
    path = folder / MARK
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST_MARK:
            return False
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(found, dict) and found.get("kind") == _KIND


def _not_ours(folder: Path, why: str) -> UsageError:
    return UsageError(
        "The copy would overwrite what is not a copy",
        where=str(folder),
        why=why,
        next_step="name a new folder: recast catalogue export --site DIR",
    )
