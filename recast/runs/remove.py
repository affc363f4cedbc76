"""Remove a run: its folder, its entry among the runs, its name. Its outputs in the cache are kept."""

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
"""What a run creates in a folder chosen by the user, besides its request; anything else there is the user's."""


def check_removable(directory: RunDirectory) -> None:
    """Raise RunLocked if a process drives the run, UsageError if it has jobs in a batch system."""
    with RunLock(directory.lock):
        _check_idle(directory)


def remove_run(directory: RunDirectory, places: Places) -> None:
    """Remove a run permanently; raise as `check_removable` does, or StoreError if it cannot be removed.

    Its request is removed first: from then on the run does not exist, and leftover files do no harm.
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
    with suppress(OSError):  # the user's own files are there
        directory.path.rmdir()
    entry.unlink()


def _check_idle(directory: RunDirectory) -> None:
    from recast.runs.open_run import open_run

    try:
        live = open_run(directory)
    except StoreError:
        return  # a damaged run may be removed
    if live.request.executor != "local" and live.engine.in_flight:
        raise UsageError(
            f"{len(live.engine.in_flight)} jobs of run {directory.id} are in {live.request.executor}",
            where=str(directory.path),
            why="Without the run they could not be found again.",
            next_step=f"recast cancel {directory.id}   (then remove it)",
            code="run.live",
        )


def _name_of(directory: RunDirectory) -> str:
    try:
        return directory.request().name
    except StoreError:
        return ""
