"""What a run has submitted to a batch system, to be submitted once more by hand."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Failed

__all__ = ["tasks_of"]


def tasks_of(run: Path, count: int) -> tuple[Path, list[Path]]:
    """Return the worker and the tasks of a run's first `count` jobs; raise Failed if there are fewer.

    Jobs that come too late for one array go into the next one.
    """
    arrays = sorted(run.glob("arrays/*"), key=lambda array: array.stat().st_mtime)
    tasks = [array / f"tasks/{index}.json" for array in arrays for index in range(len(list(array.glob("tasks/*"))))]
    if len(tasks) < count:
        raise Failed(f"the run has submitted {len(tasks)} jobs of {count}")
    return arrays[0] / "worker.pyz", tasks[:count]
