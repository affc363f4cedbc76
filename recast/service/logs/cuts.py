"""Where a log may be cut: at the ends of its lines, and inside of lines that are too long to be read at once.

A line that has no end within `PIECE` bytes on both sides of a multiple of `PIECE` is cut there. So every place of a log
is near a cut, wherever a reader comes from, and all readers see the same cuts: nothing is lost and nothing comes twice.
"""

from __future__ import annotations

from io import BufferedReader

__all__ = ["LONGEST", "PIECE", "Cuts"]

PIECE = 32 << 10
LONGEST = 3 * PIECE
"""Between two cuts there are at most so many bytes."""


class Cuts:
    """The cuts of a log that has `size` bytes now. Its last line counts without its end only if the log has `ended`."""

    def __init__(self, reader: BufferedReader, size: int, *, ended: bool) -> None:
        self._reader, self.size, self._ended = reader, size, ended

    def read(self, start: int, end: int) -> bytes:
        """Return some bytes; fewer if the log has been cut short since."""
        start, end = max(0, start), min(end, self.size)
        self._reader.seek(start)
        return self._reader.read(max(0, end - start))

    def at_or_before(self, place: int) -> int:
        """Return the last cut that is not behind a place."""
        if place >= self.size:
            place = self.size
            if self._ended:
                return place
        first = max(0, place - LONGEST)
        around = self.read(first, place + PIECE)
        line = first + around.rfind(b"\n", 0, place - first) + 1
        for piece in (place // PIECE * PIECE, place // PIECE * PIECE - PIECE):
            if piece > line and self._is_inside(around, first, piece):
                return piece
        return line

    def at_or_after(self, place: int) -> int:
        """Return the first cut that is not before a place; the size if there is none yet."""
        if place >= self.size or self.at_or_before(place) == place:
            return min(place, self.size)
        first = max(0, place - PIECE)
        around = self.read(first, place + LONGEST)
        found = around.find(b"\n", place - first)
        line = self.size if found < 0 else first + found + 1
        next_piece = -(-place // PIECE) * PIECE
        for piece in (next_piece, next_piece + PIECE):
            if piece < line and self._is_inside(around, first, piece):
                return piece
        return line

    def is_line_end(self, cut: int) -> bool:
        """Return whether a cut is one between lines, or the end of the log."""
        return cut in (0, self.size) or self.read(cut - 1, cut) == b"\n"

    def _is_inside(self, around: bytes, first: int, piece: int) -> bool:
        """Return whether a place is one at which a line is cut: `around` begins at byte `first` of the log."""
        before, after = piece - PIECE - first, piece + PIECE - first
        return before >= 0 and after <= len(around) and around.find(b"\n", before, after) < 0
