"""A part of a log, in whole lines: what is cut inside of a line could not be searched for secrets."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recast.plainfile import open_plain
from recast.site import secrets_folder
from recast.worker.failure import Failure
from recast.worker.secrets import read_secrets

__all__ = ["LONGEST_LINE", "Window", "lines_from"]

LONGEST_LINE = 64 << 10
"""Of a longer line only this is given."""


@dataclass(frozen=True, slots=True)
class Window:
    """Text that begins at byte `start`; `next` is the byte that follows, `size` how long the log is now."""

    start: int
    next: int
    size: int
    text: str


def lines_from(log: Path, offset: int, limit: int, *, ended: bool) -> Window:
    """Return the first whole lines from a byte on: at most `limit` bytes, but at least one line if there is one.

    An offset inside of a line stands for the next line. The last line counts without its end only if the log has
    `ended`. Nothing is returned of a log that is not there yet.
    """
    try:
        with open_plain(log, links=False) as reader:
            size = os.fstat(reader.fileno()).st_size
            start = min(offset, size)
            reader.seek(max(0, start - 1))
            before = reader.read(1) if start else b"\n"
            piece = reader.read(max(limit, LONGEST_LINE) + 1)
    except FileNotFoundError:
        return Window(0, 0, 0, "")
    if before != b"\n":
        skipped = piece.find(b"\n") + 1 or len(piece)
        start, piece = start + skipped, piece[skipped:]
    content, taken = _whole(piece, limit, ended=ended and start + len(piece) >= size)
    return Window(start, start + taken, size, _without_secrets(content))


def _whole(piece: bytes, limit: int, *, ended: bool) -> tuple[bytes, int]:
    """Return the lines of a piece that are whole, and how many bytes they take."""
    cut = piece.rfind(b"\n", 0, limit) + 1 or piece.find(b"\n") + 1
    if not cut and len(piece) > LONGEST_LINE:
        return piece[:LONGEST_LINE] + b"...\n", len(piece)
    if not cut and ended:
        cut = len(piece)
    return piece[:cut], cut


def _without_secrets(content: bytes) -> str:
    from recast.runs.known_secrets import without_secrets  # it imports the engine, which nothing else here needs

    return without_secrets(content, _secrets()).decode(errors="replace")


def _secrets() -> list[bytes]:
    """Return the secrets of the site, which a job may have written while it runs; the longest first."""
    found: list[bytes] = []
    folder = Path(secrets_folder())
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            found += read_secrets([str(path)])
        except Failure:  # not one that a job could get
            continue
    return sorted(found, key=len, reverse=True)
