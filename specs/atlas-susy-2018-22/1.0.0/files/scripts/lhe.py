"""LHE files (hep-ph/0609017, arXiv:1405.1067), plain or gzip: checked from end to end, and split into batches.

Standard library only. A file is read as a stream, so its size does not matter.
"""

from __future__ import annotations

import math
from pathlib import Path

from eventfile import BEAM_GEV, PROTON, EventFile, lines_of, should_decay
from slha import Refused

__all__ = ["check", "split"]


def check(path: Path) -> EventFile:
    """Read a whole file; raise Refused for what is cut off, has other beams, no weights or no events."""
    scan = _Scan(path.name)
    for line in lines_of(path):
        scan.take(line)
    return scan.end()


class _Scan:
    """What was seen of a file so far."""

    def __init__(self, name: str) -> None:
        self.name, self.part, self.row = name, "", 0
        self.events, self.weights, self.xsec_pb = 0, 0.0, 0.0
        self.any_weight = self.closed = self.begun = self.has_slha = self.has_init = False
        self.undecayed: set[int] = set()

    def take(self, line: str) -> None:
        """Look at one line."""
        word = line.strip()
        if word.startswith("<"):
            self._tag(word)
        elif self.part and word and not word.startswith("#"):
            self.row += 1
            (self._init if self.part == "init" else self._event)(word.split())

    def _tag(self, word: str) -> None:
        name = word.strip("<>").split()[0].rstrip(">").lower() if word.strip("<>/ ") else ""
        if name == "leshouchesevents":
            self.begun = True
        elif name == "/leshouchesevents":
            self.closed = True
        elif name == "slha":
            self.has_slha = True
        elif name in ("init", "event"):
            self.part, self.row = name, 0
            self.has_init |= name == "init"
        elif name == "/event":
            self._end_of_event()
        elif name == "/init" or self.part == "event":  # <rwgt> and the like follow the particles
            self.part = ""

    def _init(self, words: list[str]) -> None:
        if self.row == 1:
            beams, energies = [int(word) for word in words[:2]], [self._number(word) for word in words[2:4]]
            if beams != [PROTON, PROTON] or any(abs(energy - BEAM_GEV) > 1.0 for energy in energies):
                raise Refused(
                    f"{self.name} has beams {beams} of {energies} GeV; this search saw protons of {BEAM_GEV:g} GeV"
                )
        elif words:
            self.xsec_pb += self._number(words[0])

    def _event(self, words: list[str]) -> None:
        if self.row == 1:
            if len(words) < 6:
                raise Refused(f"{self.name}, event {self.events + 1}: no weight (XWGTUP) in {' '.join(words)[:60]!r}")
            weight = self._number(words[2])
            self.weights += weight
            self.any_weight |= weight != 0.0
        elif len(words) >= 13 and words[1] == "1":
            pdg = abs(int(words[0]))
            if should_decay(pdg):
                self.undecayed.add(pdg)

    def _end_of_event(self) -> None:
        if self.row < 2:
            raise Refused(f"{self.name}, event {self.events + 1} holds no particles")
        self.events, self.part = self.events + 1, ""

    def _number(self, word: str) -> float:
        value = float(word.upper().replace("D", "E"))
        if not math.isfinite(value):
            raise ValueError(f"{word} is no number")
        return value

    def end(self) -> EventFile:
        """Return what the file holds; raise Refused if it is not whole."""
        if not self.begun or not self.has_init:
            raise Refused(f"{self.name} is no LHE file: it has no <LesHouchesEvents> with an <init>")
        if not self.closed:
            raise Refused(f"{self.name} is cut off after event {self.events}: </LesHouchesEvents> is missing")
        if not self.events:
            raise Refused(f"{self.name} holds no events")
        if not self.any_weight:
            raise Refused(f"{self.name}: all {self.events} events have weight zero, so nothing can be counted")
        return EventFile(self.events, self.xsec_pb, self.weights, self.has_slha, frozenset(self.undecayed))


def split(path: Path, folder: Path, batches: int, most: int) -> list[tuple[Path, int]]:
    """Write the first `batches * most` events to one file a batch, header repeated; return files and their events.

    Events go round: event i into batch i mod batches, so that every batch is a fair sample.
    """
    head: list[str] = []
    files = [folder / f"batch_{index}.lhe" for index in range(batches)]
    streams = [file.open("w", encoding="utf-8") for file in files]
    counts = [0] * batches
    inside = False
    try:
        for line in lines_of(path):
            word = line.strip().lower()
            starts = word.startswith("<event>") or word.startswith("<event ")
            if starts and not any(counts) and not inside:
                for stream in streams:
                    stream.writelines(head)
            inside = inside or starts
            total = sum(counts)
            if inside and total < batches * most:
                streams[total % batches].write(line)
            elif not inside:
                head.append(line)
            if word.startswith("</event>"):
                inside = False
                if total < batches * most:
                    counts[total % batches] += 1
        for stream in streams:
            stream.write("</LesHouchesEvents>\n")
    finally:
        for stream in streams:
            stream.close()
    return [(file, count) for file, count in zip(files, counts) if count]
