"""Removing a run: its folder, its entry among the runs, its name. What it left in the cache stays."""

from __future__ import annotations

from contextlib import suppress

from recast.errors import StoreError, UsageError
from recast.journal import RunLock
from recast.layers.tree import remove_tree
from recast.names import drop_name
from recast.paths import Places
from recast.rundir import RunDirectory

__all__ = ["check_removable", "remove_run"]

_JOURNAL = ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm")
_OURS = (*_JOURNAL, "driver.log", "jobs", "results", "spec", "work", "lock")
"""What a run makes in a folder of the user's choice, besides its request; anything else there is the user's."""


def check_removable(directory: RunDirectory) -> None:
    """Raise RunLocked if somebody drives the run, UsageError if jobs of it are with a batch system."""
    with RunLock(directory.lock):
        _check_idle(directory)


def remove_run(directory: RunDirectory, places: Places) -> None:
    """Remove a run for good; raise as `check_removable`, or StoreError if it cannot be removed.

    Its request goes first: from then on there is no such run, and what is left of it hinders nobody.
    """
    with RunLock(directory.lock):
        _check_idle(directory)
        try:
            name = _name_of(directory)
            (directory.path / "request.json").unlink()
            _remove_files(directory, places)
            drop_name(places.runs, directory.id, name)
        except OSError as problem:
            step = f"fix the permissions, then: rm -rf {directory.path}"
            raise StoreError.of(problem, "The run cannot be removed", directory.path, step) from problem


def _remove_files(directory: RunDirectory, places: Places) -> None:
    entry = places.runs / directory.id
    if not entry.is_symlink():
        remove_tree(directory.path)
        return
    for name in _OURS:
        remove_tree(directory.path / name)
    with suppress(OSError):  # the user has put something there
        directory.path.rmdir()
    entry.unlink()


def _check_idle(directory: RunDirectory) -> None:
    from recast.runs.open_run import open_run

    try:
        live = open_run(directory)
    except StoreError:
        return  # it is damaged, and a reason to remove it
    if live.request.executor != "local" and live.engine.in_flight:
        raise UsageError(
            f"{len(live.engine.in_flight)} jobs of run {directory.id} are with {live.request.executor}",
            where=str(directory.path),
            why="Nobody could find them again.",
            next_step=f"recast cancel {directory.id}   (then remove it)",
            code="run.live",
        )


def _name_of(directory: RunDirectory) -> str:
    try:
        return directory.request().name
    except StoreError:
        return ""
