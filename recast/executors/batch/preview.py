"""Arrays as they would be submitted, for whoever wants to see them first; nothing is written, nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from recast.executors.batch.submission import pack
from recast.executors.batch.system import Array
from recast.jobs import ContainerJob

__all__ = ["previewed_arrays"]

_FOLDER = Path("/recast-dry-run/arrays")
"""Stands for the folder of arrays of a run that never is."""


def previewed_arrays(jobs: Sequence[ContainerJob], most: int, python: str, *, shared_files: bool) -> Iterator[Array]:
    """Yield the arrays that jobs would go in, at most `most` in each.

    Names and folders, which are drawn by lot at a submission, are `recast-dry-run-0`, ...
    """
    for number, group in enumerate(pack(jobs, most)):
        folder = _FOLDER / f"recast-dry-run-{number}"
        where = f"{folder}/" if shared_files else ""
        command = (python, f"{where}worker.pyz", "node", f"{where}tasks" if where else ".")
        files = () if shared_files else tuple(_files(folder, index) for index in range(len(group)))
        yield Array(folder.name, folder, group, command, files, group[0].avoid_hosts)


def _files(folder: Path, index: int) -> tuple[Path, ...]:
    return (folder / "worker.pyz", folder / "tasks" / f"{index}.json")
