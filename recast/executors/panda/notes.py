"""What was about to be submitted for an array, on the disk before the server hears of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from recast.atomic import replace_file
from recast.errors import StoreError
from recast.executors.panda.book import in_words, oldest
from recast.json_types import JsonDict, JsonObject

__all__ = ["note", "noted", "written"]

_LIFE_S = 86_400
"""How long a note may lead to a submission: after that signed URLs and the sandbox may be gone."""


def note(folder: Path, parameters: JsonObject) -> None:
    """Write down the parameters of an array's task; raise StoreError."""
    path = _path(folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, json.dumps(parameters).encode())
    except OSError as problem:
        raise StoreError.of(
            problem, "A task cannot be written down", folder, "free some disk space, then resume the run"
        ) from problem


def noted(folder: Path, task: str) -> JsonDict | None:
    """Return the parameters of an array's task of this name; None if there are none, or they are a day old."""
    path = _path(folder)
    try:
        if time.time() - path.stat().st_mtime > _LIFE_S:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("taskName") == task else None


def written(folders: Sequence[Path]) -> str:
    """Return a time before the first of the arrays was written: by a day, whatever our clock says."""
    now = datetime.now(UTC)
    try:
        first_s = min((folder / "tasks").stat().st_mtime for folder in folders)
    except (OSError, ValueError):
        return oldest(now)
    return max(in_words(datetime.fromtimestamp(first_s, UTC) - timedelta(days=1)), oldest(now))


def _path(folder: Path) -> Path:
    return folder / "engine/panda.json"
