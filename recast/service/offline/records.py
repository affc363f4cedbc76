"""The files of single analyses, which are most of a copy: made by several processes, a part of the analyses by each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from urllib.parse import quote

from recast.ledger import Ledger
from recast.service.offline.crawl import copied
from recast.service.offline.files import Files, Written
from recast.service.offline.names import file_name
from recast.service.offline.places import Place
from recast.service.offline.source import Source

__all__ = ["FOLDER", "records_written"]

FOLDER = "analyses/"
"""Where the files of single analyses are; no others are there."""

_FEW = 300
"""So many analyses take less time than a process takes to begin."""

_AT_ONCE = 100
_MOST_PROCESSES = 8


def records_written(source: Source, database: str, folder: Path, outside: str) -> Iterator[Written]:
    """Write the files of all analyses; yield what was written, in pieces."""
    parts = [source.names[at : at + _AT_ONCE] for at in range(0, len(source.names), _AT_ONCE)]
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    if len(source.names) <= _FEW or processes == 1:
        for part in parts:
            yield _write(source, part, folder, outside)
        return
    context = multiprocessing.get_context("spawn")  # a ledger must not be forked
    with ProcessPoolExecutor(processes, context, _begin, (database, str(folder), outside)) as pool:
        yield from pool.map(_write_here, parts)


def _write(source: Source, names: Sequence[str], folder: Path, outside: str) -> Written:
    starts = [Place(f"{FOLDER}{file_name(it)}/index.html", f"/analyses/{quote(it)}") for it in names]
    files = Files(folder)
    for it in copied(source.stranger.get, source.places, starts, outside, _is_record):
        files.write(it)
    return files.written


def _is_record(place: Place) -> bool:
    return place.file.startswith(FOLDER)


# in a process of its own -----------------------------------------------------------------------------------------

_here: tuple[Source, Path, str] | None = None


def _begin(database: str, folder: str, outside: str) -> None:
    global _here
    _here = (Source(Ledger(database)), Path(folder), outside)


def _write_here(names: Sequence[str]) -> Written:
    assert _here is not None
    source, folder, outside = _here
    return _write(source, names, folder, outside)
