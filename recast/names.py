"""Names that users give to runs: a link `names/NAME` beside the folder of all runs, whose target is the run's id.

A name belongs to a run once its request is written, so both are done under one lock: two runs never get the same name,
and a name whose run was killed while it was being created is free.
"""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recast.errors import StoreError, UsageError

__all__ = ["check_name", "drop_name", "naming", "run_of"]

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


@contextmanager
def naming(runs: Path, run: str, name: str) -> Iterator[None]:
    """Give a run its name; the block writes its request. Nothing is done without a name.

    Raises UsageError if another run has it, StoreError if it cannot be written.
    """
    if not name:
        yield
        return
    with _locked(_folder(runs)) as folder:
        check_name(runs, name)
        _link(folder / name, run)
        yield


def drop_name(runs: Path, run: str, name: str) -> None:
    """Remove a name if it refers to this run."""
    if run_of(runs, name) != run:
        return
    with _locked(_folder(runs)) as folder:
        if run_of(runs, name) == run:
            (folder / name).unlink(missing_ok=True)


def run_of(runs: Path, name: str) -> str | None:
    """Return the id of the run with this name, None if there is none."""
    if not _NAME.fullmatch(name):
        return None
    try:
        run = (_folder(runs) / name).readlink()
    except OSError:
        return None
    return run.name


@contextmanager
def _locked(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        raise StoreError.of(problem, "The name of the run cannot be written", folder, "leave out --name") from problem
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)


def _link(path: Path, run: str) -> None:
    try:
        path.unlink(missing_ok=True)  # its run has been removed, or was never complete
        path.symlink_to(run)
    except OSError as problem:
        raise StoreError.of(problem, "The name of the run cannot be written", path, "leave out --name") from problem


def _folder(runs: Path) -> Path:
    return runs.parent / "names"
