"""Looking for words in a log: so much of it at once, and whoever asked is told how far it went.

It looks in what is shown, and nowhere else: a search that found hidden secrets would tell them letter by letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from recast.json_types import JsonDict
from recast.service.logs.hidden import Hiding
from recast.service.logs.terminal import plain
from recast.service.logs.window import Opened, opened
from recast.terminal_safe import visible

__all__ = ["MOST_BYTES", "MOST_HITS", "Found", "search"]

MOST_BYTES = 8 << 20
"""How much is looked through at once."""
MOST_HITS = 100
_PIECE = 1 << 20
_LONGEST_SHOWN = 300
_MOST_CANDIDATES = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """The lines from byte `start` to `next` with the words; the search goes on at `next`."""

    start: int
    next: int
    size: int
    hits: tuple[JsonDict, ...] = ()
    file: str = ""


def search(log: Path, words: str, offset: int, *, ended: bool, most_bytes: int = MOST_BYTES) -> Found:
    """Return the lines with some words, in small or capital letters, from a byte on; nothing of a log that is not
    there yet.
    """
    try:
        with opened(log, ended=ended) as found:
            start = found.cuts.at_or_after(offset)
            look = _Look(found, words.lower(), min(found.cuts.size, start + most_bytes))
            return Found(start, look.through(start), found.cuts.size, tuple(look.hits), found.file)
    except FileNotFoundError:
        return Found(0, 0, 0)


class _Look:
    """One search. What costs is bounded: bytes, hits, and lines that had the words only in what is hidden."""

    def __init__(self, log: Opened, wanted: str, until: int) -> None:
        self._log, self._wanted, self._until, self._hiding = log, wanted, until, Hiding()
        self._candidates = 0
        self.hits: list[JsonDict] = []

    def through(self, place: int) -> int:
        """Look from a byte on; return where to go on."""
        cuts = self._log.cuts
        while place < self._until and not self._is_enough:
            end = cuts.at_or_before(place + _PIECE)
            end = end if end > place else cuts.at_or_before(cuts.at_or_after(place + 1))
            if end <= place:
                break
            place = cuts.at_or_after(self._piece(self._log.window(place, end, self._hiding).content, place))
        return place

    @property
    def _is_enough(self) -> bool:
        return len(self.hits) >= MOST_HITS or self._candidates >= _MOST_CANDIDATES

    def _piece(self, content: bytes, place: int) -> int:
        """Look in some lines that begin at a byte; return where to go on."""
        end = place + len(content)
        if not self._holds(content):
            return end
        for line in content.split(b"\n"):
            if self._is_enough:
                return min(place, end)
            if self._holds(line):
                self._candidates += 1
                safe = visible(self._hiding.line(_text(line)), None, keep="\t")
                if self._wanted in safe.lower():
                    self.hits.append({"offset": place, "text": _cut(safe, self._wanted)})
            place += len(line) + 1
        return end

    def _holds(self, content: bytes) -> bool:
        return self._wanted in _text(content).lower()


def _text(content: bytes) -> str:
    return plain(content.decode(errors="replace")).replace("\r", " ")


def _cut(line: str, wanted: str) -> str:
    """Return a line, of a long one the part with the words."""
    if len(line) <= _LONGEST_SHOWN:
        return line
    start = max(0, line.lower().find(wanted) - _LONGEST_SHOWN // 3)
    end = start + _LONGEST_SHOWN
    return f"{'…' * (start > 0)}{line[start:end]}{'…' * (end < len(line))}"
