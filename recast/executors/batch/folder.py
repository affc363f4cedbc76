"""An array on the disk: written before it is submitted, so that it is found again after any crash.

array.json          the job ids in order, and what the node runs; written last and whole
worker.pyz          the worker
tasks/<index>.json  one task a job
native              the engine's id, written after the submission: a hint only
engine/             the engine's own files
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from recast.errors import StoreError
from recast.json_types import JsonObject
from recast.worker.files.durable import sync_tree

__all__ = ["ArrayFolder", "read_arrays", "write_array"]

_VERSION = 1


@dataclass(frozen=True, slots=True)
class ArrayFolder:
    """What `array.json` tells of an array that was about to be submitted."""

    name: str
    path: Path
    job_ids: tuple[str, ...]

    @property
    def native(self) -> str:
        """The engine's id as noted after the submission, empty if the driver ended before."""
        try:
            return (self.path / "native").read_text(encoding="utf-8")
        except OSError:
            return ""

    def note_native(self, native_id: str) -> None:
        """Note the engine's id; a torn or missing note is no loss, the engine knows the array by its name."""
        temporary = self.path / ".native"
        temporary.write_text(native_id, encoding="utf-8")
        temporary.replace(self.path / "native")


def write_array(folder: Path, job_ids: Sequence[str], tasks: Sequence[JsonObject], worker: Path) -> ArrayFolder:
    """Write the folder of an array named as the folder; raise StoreError. Nothing may be submitted before."""
    try:
        (folder / "tasks").mkdir(parents=True)
        (folder / "engine").mkdir()
        shutil.copyfile(worker, folder / "worker.pyz")
        for index, task in enumerate(tasks):
            # Whoever reads what was signed for a job at an object store may do it as well.
            mode = 0o600 if (task.get("far") or {}).get("passes") else 0o666
            fd = os.open(f"{folder}/tasks/{index}.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with open(fd, "w", encoding="utf-8") as file:  # noqa: PTH123 - one a job
                json.dump(task, file)
        sync_tree(str(folder))  # an array that is there is submitted as it is
        _write_whole(folder / "array.json", {"version": _VERSION, "jobs": list(job_ids)})
    except OSError as problem:
        raise StoreError.of(
            problem, "An array of jobs cannot be written", folder, "free some disk space, then resume the run"
        ) from problem
    return ArrayFolder(folder.name, folder, tuple(job_ids))


def read_arrays(arrays: Path) -> Iterator[ArrayFolder]:
    """Yield the arrays below a folder, oldest first; one that was never written to its end was never submitted."""
    try:
        folders = sorted(arrays.iterdir())
    except FileNotFoundError:
        return
    for folder in folders:
        try:
            body = json.loads((folder / "array.json").read_bytes())
            yield ArrayFolder(folder.name, folder, tuple(body["jobs"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue


def _write_whole(path: Path, body: JsonObject) -> None:
    temporary = path.with_suffix(".new")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(body, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
