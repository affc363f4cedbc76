"""Names that users give to runs: a link `names/NAME` beside the folder of all runs, whose target is the run's id.

Creating a link is atomic, so two runs never get the same name.
"""

from __future__ import annotations

import re
from pathlib import Path

from recast.errors import StoreError, UsageError

__all__ = ["check_name", "drop_name", "give_name", "run_of"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_LIKE_AN_ID = re.compile(r"[0-9a-f]{1,10}")
_TAKEN = ("last", "inputs", "run", "rm")


def check_name(runs: Path, name: str) -> None:
    """Raise UsageError for what cannot be a name, or is the name of another run."""
    if not _NAME.fullmatch(name) or _LIKE_AN_ID.fullmatch(name) or name in _TAKEN:
        raise UsageError(
            f"{name!r:.80} cannot be the name of a run",
            where="--name",
            why="A name begins with a letter, goes on with letters, digits and _.- (64 at most), and is neither a word "
            "that means something else (last, inputs) nor one that could be a run's id (hexadecimal digits).",
            next_step="--name sbottom-1400",
        )
    if (there := run_of(runs, name)) is not None and (runs / there / "request.json").exists():
        raise UsageError(
            f"A run is called {name!r} already",
            where=f"run {there}",
            next_step=f"choose another name, or remove that run: recast runs rm {name}",
        )


def give_name(runs: Path, run: str, name: str) -> None:
    """Give a run its name; raise UsageError if another run got it first, StoreError if it cannot be written."""
    check_name(runs, name)
    path = _folder(runs) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            path.unlink()  # its run has been removed
        path.symlink_to(run)
    except FileExistsError:
        check_name(runs, name)
        raise
    except OSError as problem:
        raise StoreError.of(problem, "The name of the run cannot be written", path, "leave out --name") from problem


def drop_name(runs: Path, run: str, name: str) -> None:
    """Remove a name if it refers to this run."""
    if run_of(runs, name) == run:
        (_folder(runs) / name).unlink(missing_ok=True)


def run_of(runs: Path, name: str) -> str | None:
    """Return the id of the run with this name, None if there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        run = (_folder(runs) / name).readlink()
    except OSError:
        return None
    return run.name


def _folder(runs: Path) -> Path:
    return runs.parent / "names"
