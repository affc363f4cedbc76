"""Resume a run, or retry its steps."""

from __future__ import annotations

from recast.errors import NotFound
from recast.journal import RunLock
from recast.json_types import JsonObject
from recast.rundir import RunDirectory
from recast.runs import open_run
from recast.runs.drive import check_resumable, resettable

__all__ = ["change", "check_idle", "steps_to_retry"]


def change(directory: RunDirectory, settings: JsonObject) -> list[str]:
    """Change the executor settings of a run; return a line for each change. Raises UsageError."""
    if not settings:
        return []
    from recast.runs.change_settings import change_settings

    return list(change_settings(directory, settings))


def check_idle(directory: RunDirectory) -> None:
    """Raise RunLocked if another process drives the run, and whatever else prevents resuming it."""
    with RunLock(directory.lock):
        check_resumable(directory)


def steps_to_retry(directory: RunDirectory, step: str | None = None) -> list[str]:
    """Return the steps that can be retried, or only `step`; raise NotFound if it is not one of them."""
    again = resettable(open_run(directory).engine)
    if step is not None and step not in again:
        raise NotFound(
            f"Step {step!r} has nothing to retry",
            where=f"run {directory.id}",
            why=f"Steps that failed or were cancelled: {', '.join(again) or 'none'}.",
            next_step=f"recast show {directory.id}",
        )
    return [step] if step else again
