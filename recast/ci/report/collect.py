"""Reports of pipelines found in folders, in the order in which they were written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from recast.ci.report.read import read_comparison, read_report
from recast.errors import NotFound, StoreError
from recast.json_types import JsonDict

__all__ = ["collect"]

_REPORT = "report.json"
_DEPTH = 3
"""Levels of folders that are looked through: `reports/COMMIT/recast-ci/report.json`."""


def collect(folders: Iterable[Path], refused: Callable[[StoreError], None]) -> list[tuple[JsonDict, JsonDict | None]]:
    """Return report and comparison (or None) of every pipeline below some folders, the oldest first.

    A damaged report is left out and told to `refused`. Raises NotFound if a folder has no report at all.
    """
    paths: list[Path] = []
    for folder in folders:
        found = list(_reports(folder, _DEPTH))
        if not found:
            step = "recast ci run --out DIR writes reports into DIR/recast-ci"
            raise NotFound("There is no report of a pipeline here", where=str(folder), next_step=step)
        paths += found
    documents = []
    for path in sorted(dict.fromkeys(paths), key=lambda one: (one.stat().st_mtime_ns, str(one))):
        try:
            documents.append((read_report(path), _comparison(path)))
        except StoreError as problem:
            refused(problem)
    return documents


def _reports(folder: Path, depth: int) -> Iterator[Path]:
    if (folder / _REPORT).is_file():
        yield folder / _REPORT
    elif depth > 0 and folder.is_dir():
        for inner in sorted(folder.iterdir()):
            if inner.is_dir() and not inner.is_symlink():
                yield from _reports(inner, depth - 1)


def _comparison(report: Path) -> JsonDict | None:
    try:
        return read_comparison(report.with_name("comparison.json"))
    except NotFound:
        return None
