"""Which jobs of a computing element an array is, on the disk before any of them can start.

A job starts when its files are there, and we send none before the ids of the whole array are safe. So an array without
a note has never run, whatever the computing element has taken in, and never will.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path

from recast.errors import StoreError

__all__ = ["Index", "note", "read"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Index:
    """The ids of an array's jobs, in order, at an endpoint; the files of each; `sent` once all of them are there."""

    endpoint: str
    jobs: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    sent: bool = False

    def done(self) -> Index:
        """Return the index of an array whose files are all there."""
        return replace(self, sent=True)


def note(folder: Path, index: Index) -> None:
    """Write an array's index, whole and safe from a power cut; raise StoreError."""
    body = {"version": _VERSION, "endpoint": index.endpoint, "jobs": index.jobs, "files": index.files}
    path = _path(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(".new")
        with temporary.open("w", encoding="utf-8") as file:
            json.dump({**body, "sent": index.sent}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        raise StoreError.of(
            problem, "The ids of jobs cannot be written down", folder, "free some disk space, then resume the run"
        ) from problem


def read(folder: Path) -> Index | None:
    """Return an array's index, None if there is none that can be read."""
    try:
        body = json.loads(_path(folder).read_bytes())
        files = tuple(tuple(map(str, names)) for names in body["files"])
        return Index(str(body["endpoint"]), tuple(map(str, body["jobs"])), files, bool(body["sent"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _path(folder: Path) -> Path:
    return folder / "engine/arc.json"
