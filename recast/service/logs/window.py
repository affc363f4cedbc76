"""A part of a log, in whole lines: what is cut inside of a line could not be searched for secrets.

A part is read by its place, from either side; nothing counts the lines of a log, or reads what it does not show.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from recast.plainfile import open_plain
from recast.service.logs.cuts import Cuts
from recast.service.logs.hidden import Hiding

__all__ = ["Opened", "Window", "lines_before", "lines_from", "opened"]


@dataclass(frozen=True, slots=True)
class Window:
    """Text that begins at byte `start`, without the secrets of the site; `next` is the byte that follows, `size` how
    long the log is now. `file` names the file that it was read from: another one under the same path has another name.
    """

    start: int
    next: int
    size: int
    content: bytes = b""
    file: str = ""

    @property
    def text(self) -> str:
        """The text; bytes that are not UTF-8 are replaced."""
        return self.content.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Opened:
    """A log that is open for reading."""

    cuts: Cuts
    file: str

    def window(self, start: int, end: int, hiding: Hiding | None = None) -> Window:
        """Return what is between two cuts."""
        content = (hiding or Hiding()).between(self.cuts, start, end) if start < end else b""
        return Window(start, end, self.cuts.size, content, self.file)


@contextmanager
def opened(log: Path, *, ended: bool) -> Iterator[Opened]:
    """Open a log, which is no link; raise OSError."""
    with open_plain(log, links=False) as reader:
        found = os.fstat(reader.fileno())
        name = hashlib.sha256(f"{found.st_dev}:{found.st_ino}".encode()).hexdigest()[:12]
        yield Opened(Cuts(reader, found.st_size, ended=ended), name)


def lines_from(log: Path, offset: int, limit: int, *, ended: bool) -> Window:
    """Return the first whole lines from a byte on: at most `limit` bytes, but at least one line if there is one.

    An offset inside of a line stands for the next line; a line that is too long to be read at once comes in pieces
    (`cuts`). The last line counts without its end only if the log has `ended`. Nothing is returned of a log that is not
    there yet.
    """
    try:
        with opened(log, ended=ended) as found:
            start = found.cuts.at_or_after(offset)
            end = found.cuts.at_or_before(start + limit)
            end = end if end > start else found.cuts.at_or_after(start + 1)
            is_whole = end > start and (end < found.cuts.size or found.cuts.at_or_before(end) == end)
            return found.window(start, end if is_whole else start)
    except FileNotFoundError:
        return Window(0, 0, 0)


def lines_before(log: Path, end: int | None, lines: int, limit: int, *, ended: bool) -> Window:
    """Return the last whole lines before a byte, or of all (None): at most so many, in at most `limit` bytes, but at
    least one if there is one. Nothing is returned of a log that is not there yet.
    """
    try:
        with opened(log, ended=ended) as found:
            last = found.cuts.at_or_before(found.cuts.size if end is None else end)
            first = found.cuts.at_or_after(max(0, last - limit))
            first = first if first < last else found.cuts.at_or_before(max(0, last - 1))
            return found.window(_start_of(found.cuts.read(first, last), first, lines), last)
    except FileNotFoundError:
        return Window(0, 0, 0)


def _start_of(content: bytes, first: int, lines: int) -> int:
    """Return where the last lines of a text begin, which begins at byte `first`."""
    place = len(content) - content.endswith(b"\n")
    for _ in range(lines):
        place = content.rfind(b"\n", 0, place)
        if place < 0:
            return first
    return first + place + 1
