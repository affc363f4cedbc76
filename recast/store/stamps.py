"""Check stored files without reading them: a file with the same stamp as when it was hashed is unchanged.

Changing a file changes its ctime, which no program can set. A hard link to a file changes it as well; so files that
this process has lent to jobs, which link them, are judged by size, mtime and inode until it ends.
"""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

__all__ = ["Known", "Stamp", "known_of", "same_but_links", "stamp"]

Stamp: TypeAlias = "tuple[int, int, int, int]"
"""Size in bytes, mtime and ctime in nanoseconds, inode."""


def stamp(status: os.stat_result) -> Stamp:
    """Return the stamp of a file."""
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class Known:
    """The stamps of the files of one store, by digest, from when they were hashed.

    `recall` returns stamps stored by earlier processes.
    """

    def __init__(self) -> None:
        self._stamps: dict[str, Stamp] = {}
        self._left: dict[str, str] = {}
        self._lent: set[str] = set()
        self._doubted: set[str] = set()
        self.suspect: set[str] = set()
        """Files that a job could not use: remote copies may be damaged, too."""
        self.recall: Callable[[str], Stamp | None] = lambda _: None

    def note(self, digest: str, status: os.stat_result) -> None:
        """Record that a file with this status has been hashed."""
        self._stamps[digest] = stamp(status)
        self._doubted.discard(digest)

    def doubt(self, digest: str) -> None:
        """Record that a job had trouble with the file: it is hashed before it is used again."""
        self._stamps.pop(digest, None)
        self._left.pop(digest, None)
        self._doubted.add(digest)
        self.suspect.add(digest)

    def left(self, digest: str, ended: str) -> None:
        """Record that a job that ended at this time (UTC, ISO 8601) has hashed the file: a later change is detected."""
        self._left[digest] = ended

    def lend(self, digest: str) -> None:
        """Record that jobs may get links to the file."""
        self._lent.add(digest)

    def vouches(self, digest: str, status: os.stat_result) -> bool:
        """Return whether a file with this status is unchanged since it was hashed."""
        if digest in self._doubted:
            return False
        now = stamp(status)
        known = self._stamps.get(digest)
        if (
            known == now
            or self._left_as(digest, now)
            or (known is None and self.recall(digest) == now)
            or (known is not None and digest in self._lent and same_but_links(known, now))
        ):
            self._stamps[digest] = now
            return True
        return False

    def for_worker(self, digests: Iterable[str]) -> dict[str, tuple[int, int]]:
        """Return the stamps for a worker that shares the store, to check before it uses a file: mtime in ns, inode."""
        return {digest: (known[1], known[3]) for digest in digests if (known := self._stamps.get(digest))}

    def lent(self) -> Iterator[tuple[str, Stamp]]:
        """Yield the files that were lent, with the stamps that they had before."""
        for digest in self._lent:
            if known := self._stamps.get(digest):
                yield digest, known

    def _left_as(self, digest: str, now: Stamp) -> bool:
        """Return whether the file is unchanged since the job that produced it ended."""
        ended = self._left.get(digest)
        if ended is None:
            return False
        try:
            ended_s = min(datetime.datetime.fromisoformat(ended).timestamp(), time.time())
        except ValueError:
            return False
        return now[2] <= ended_s * 1e9


def same_but_links(known: Stamp, now: Stamp) -> bool:
    """Return whether a file differs only in its ctime, which links change."""
    return (known[0], known[1], known[3]) == (now[0], now[1], now[3])


@cache
def known_of(root: Path) -> Known:
    """Return this process's stamps of a store, shared by all users of the store, so that nothing is hashed twice."""
    return Known()
