"""The files of single analyses, which are most of a copy: made by several processes, a part of the analyses by each."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from recast.service.offline.crawl import Crawl
from recast.service.offline.files import Files, Written
from recast.service.offline.names import file_name
from recast.service.offline.places import Place
from recast.service.offline.source import Source

__all__ = ["is_record", "records_written"]

FOLDER = "analyses/"
"""Where the files of single analyses are; no others are there."""

_FEW = 300
"""So many analyses take less time than a process takes to begin."""

_AT_ONCE = 100
_MOST_PROCESSES = 8


Done = tuple[Written, list[Place]]
"""What was written, and what it leads to besides."""


@contextmanager
def records_written(source: Source, database: str, folder: Path, outside: str) -> Iterator[Iterator[Done]]:
    """Write the files of all analyses; the block gets what was written and where it leads to, in pieces. Other
    processes, if there are any, begin at once, so that the block can do something else meanwhile.
    """
    parts = [source.names[at : at + _AT_ONCE] for at in range(0, len(source.names), _AT_ONCE)]
    processes = min(os.cpu_count() or 1, _MOST_PROCESSES)
    if len(source.names) <= _FEW or processes == 1:
        yield (_write(source, part, folder, outside) for part in parts)
        return
    context = multiprocessing.get_context("spawn")  # a ledger must not be forked
    with ProcessPoolExecutor(processes, context, _begin, (database, str(folder), outside)) as pool:
        try:
            yield pool.map(_write_here, parts)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _write(source: Source, names: Sequence[str], folder: Path, outside: str) -> Done:
    source.ledger.catalogue.read_ahead(names)
    starts = [Place(f"{FOLDER}{file_name(it)}/index.html", f"/analyses/{quote(it)}") for it in names]
    crawl, files = Crawl(source.stranger.get, source.places, outside, is_record), Files(folder)
    for it in crawl.files(starts):
        files.write(it)
    return files.written, [crawl.left[it] for it in sorted(crawl.left)]


def is_record(place: Place) -> bool:
    """Return whether a file is one of a single analysis."""
    return place.file.startswith(FOLDER)


# in a process of its own -----------------------------------------------------------------------------------------

_here: tuple[Source, Path, str] | None = None


def _begin(database: str, folder: str, outside: str) -> None:
    global _here
    _here = (Source(database), Path(folder), outside)


def _write_here(names: Sequence[str]) -> Done:
    assert _here is not None
    source, folder, outside = _here
    return _write(source, names, folder, outside)
