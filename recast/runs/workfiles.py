"""After a power cut, restore files in a run's `work/` that do not match its journal."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from recast.engine import StepRun
from recast.jobs import RUN_ROOT, Artifact, StepState
from recast.plainfile import file_digest
from recast.rundir import RunDirectory
from recast.runs.open_run import OpenRun
from recast.store import ArtifactStore
from recast.worker.files.durable import sync_paths

__all__ = ["is_from_before_boot", "put_back"]

_MARK = ".recast-put-back"


def is_from_before_boot(directory: RunDirectory) -> bool:
    """Return whether the machine was booted after a run's journal was last written, so that power may have been cut."""
    written = [path.stat().st_mtime for path in _journal_files(directory) if path.exists()]
    try:
        lines = Path("/proc/stat").read_text().splitlines()
        booted = next(int(line.split()[1]) for line in lines if line.startswith("btime"))
    except (OSError, StopIteration, ValueError, IndexError):
        return False
    return bool(written) and max(written) < booted


def put_back(live: OpenRun, store: ArtifactStore, *, read: bool) -> list[str]:
    """Make the files of each succeeded step match the store; return the paths that were restored.

    With `read`, a file that is not a hard link to the store's is read if it has the right size; without, the size is
    enough. Files that the store does not hold locally are left alone. Raises OSError.
    """
    fixed: list[str] = []
    for run in live.engine.runs.values():
        if run.state is not StepState.SUCCEEDED or not run.step.outputs:
            continue
        logical = run.step.directory[len(RUN_ROOT) + 1 :]
        if run.cached_from is None and run.job_id is not None:
            fixed += _attempt(live.directory, run, run.job_id, logical, store, read)
        elif run.cached_from is not None:
            fixed += _shown(live.directory, run, logical, store)
    if fixed:
        sync_paths({os.path.dirname(path) for path in fixed})
    return fixed


def _journal_files(directory: RunDirectory) -> list[Path]:
    return [directory.journal, directory.journal.with_name(directory.journal.name + "-wal")]


def _attempt(
    directory: RunDirectory, run: StepRun, job_id: str, logical: str, store: ArtifactStore, read: bool
) -> list[str]:
    """Restore the files of an attempt, and the link to its folder."""
    work = f"{directory.jobs}/{job_id}/work"
    fixed = [
        place
        for artifact in run.step.outputs.values()
        if (place := f"{work}/{artifact.path}") and not _is_right(place, artifact, store, read)
        if _put(place, work, artifact, store)
    ]
    link = f"{directory.work}/{logical}"
    if not os.path.islink(link) or not os.path.isdir(link):
        directory.link_work(logical, job_id)
        fixed.append(link)
    return fixed


def _shown(directory: RunDirectory, run: StepRun, logical: str, store: ArtifactStore) -> list[str]:
    """Restore the files of a cached step, which came from the store."""
    folder = f"{directory.work}/{logical}"
    wrong = [
        artifact
        for artifact in run.step.outputs.values()
        if not artifact.path.endswith("/") and _target(f"{folder}/{artifact.path}") != str(store.path(artifact.digest))
    ]
    for artifact in wrong:
        _clear(f"{folder}/{artifact.path}")
    if wrong or not os.path.isdir(folder):
        store.lay_out(run.step.outputs.values(), folder)
    return [f"{folder}/{artifact.path}" for artifact in wrong]


def _is_right(place: str, artifact: Artifact, store: ArtifactStore, read: bool) -> bool:
    """Return whether a file matches the store, or cannot be compared because the store is remote."""
    if artifact.path.endswith("/"):
        return os.path.isdir(place)
    kept = store.stat(artifact.digest)
    if kept is None:
        return True
    try:
        found = os.stat(place)
    except OSError:
        return False
    if (found.st_dev, found.st_ino) == (kept.st_dev, kept.st_ino):
        return True
    return found.st_size == artifact.size and (not read or file_digest(Path(place)) == artifact.digest)


def _put(place: str, work: str, artifact: Artifact, store: ArtifactStore) -> bool:
    """Place the store's file in a work folder; a path that leads out of the folder through a link is left alone."""
    parent = os.path.dirname(place.rstrip("/"))
    inside = os.path.realpath(work)
    if not (os.path.realpath(parent) + "/").startswith(inside + "/"):
        return False
    os.makedirs(place if artifact.path.endswith("/") else parent, exist_ok=True)
    if artifact.path.endswith("/"):
        return True
    fresh, blob = f"{parent}/{_MARK}", str(store.path(artifact.digest))
    _clear(fresh)
    mode = 0o555 if artifact.executable else 0o444
    try:
        if os.stat(blob).st_mode & 0o777 != mode:
            raise PermissionError
        os.link(blob, fresh)
    except OSError:  # another disk, too many links, another mode
        shutil.copyfile(blob, fresh)
        os.chmod(fresh, mode)
        sync_paths([fresh])
    os.replace(fresh, place)
    return True


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def _clear(path: str) -> None:
    if os.path.lexists(path):
        os.unlink(path)
