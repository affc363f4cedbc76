"""HepMC3 files (Asciiv3, arXiv:1912.08005), plain or gzip: checked from end to end, split into batches, read.

Standard library only. A file is read as a stream, so its size does not matter. Lines that say nothing about momenta,
weights, units or the cross section are passed over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from eventfile import BEAM_GEV, PROTON, EventFile, lines_of, should_decay
from slha import Refused

__all__ = ["HepMCEvent", "Particle", "check", "read", "split"]

FIRST, LAST = "HepMC::Asciiv3-START_EVENT_LISTING", "HepMC::Asciiv3-END_EVENT_LISTING"
GEV = {"GEV": 1.0, "MEV": 1e-3}
FINAL, BEAM = 1, 4


class Particle(NamedTuple):
    """A particle that leaves the event: PDG number, momentum and energy in GeV, mass in GeV."""

    pdg: int
    px: float
    py: float
    pz: float
    energy: float
    mass: float


class HepMCEvent(NamedTuple):
    """One event: its nominal weight (the first), what leaves it, and the cross section in pb as known by then."""

    weight: float
    particles: tuple[Particle, ...]
    xsec_pb: float


class _Reading:
    """An event of which some lines were read."""

    def __init__(self, name: str, number: int, particles: int) -> None:
        self.where = f"{name}, event {number}"
        self.left = particles
        self.gev = 1.0
        self.weight: float | None = None
        self.xsec_pb = 0.0
        self.beams: list[tuple[int, float]] = []
        self.final: list[Particle] = []

    def take(self, words: list[str]) -> None:
        """Read one line of it; raise Refused for what is no number."""
        try:
            if words[0] == "U":
                self.gev = GEV[words[1].upper()]
            elif words[0] == "W":
                self.weight = self._number(words[1])
            elif words[:3] == ["A", "0", "GenCrossSection"]:
                self.xsec_pb = self._number(words[3])
            elif words[0] == "P":
                self._particle(words)
        except (ValueError, IndexError, KeyError) as problem:
            raise Refused(f"{self.where}: {' '.join(words)[:60]!r} cannot be read ({problem})") from None

    def _particle(self, words: list[str]) -> None:
        pdg, status = int(words[3]), int(words[9])
        self.left -= 1
        if status == BEAM:
            self.beams.append((pdg, self._number(words[7]) * self.gev))
        elif status == FINAL and should_decay(pdg):
            raise Refused(f"{self.where} holds an undecayed {pdg}: let your generator decay and shower all of it")
        elif status == FINAL:
            self.final.append(Particle(pdg, *(self._number(word) * self.gev for word in words[4:9])))

    def _number(self, word: str) -> float:
        value = float(word)
        if not math.isfinite(value):
            raise ValueError(f"{word} is no number")
        return value

    def end(self) -> HepMCEvent:
        """Return the event; raise Refused if it is not whole, or not of this collider."""
        if self.left > 0:
            raise Refused(f"{self.where} is cut off: {self.left} of its particles are missing")
        if self.weight is None:
            raise Refused(f"{self.where} has no weight (W)")
        if not self.final:
            raise Refused(f"{self.where} holds no particles that leave it (status {FINAL})")
        if sorted(pdg for pdg, _ in self.beams) != [PROTON, PROTON] or any(
            abs(energy - BEAM_GEV) > 1.0 for _, energy in self.beams
        ):
            raise Refused(
                f"{self.where} has the beams {self.beams or 'of no particle with status 4'}; this search saw protons "
                f"of {BEAM_GEV:g} GeV"
            )
        return HepMCEvent(self.weight, tuple(self.final), self.xsec_pb)


def read(path: Path) -> Iterator[HepMCEvent]:
    """Yield the events of a file; raise Refused for what is cut off, damaged, or of another collider."""
    open_event: _Reading | None = None
    number, begun, closed = 0, False, False
    for line in lines_of(path):
        words = line.split()
        if not words:
            continue
        if words[0] in (FIRST, LAST):
            begun, closed = begun or words[0] == FIRST, words[0] == LAST
        elif not begun:
            _check_is_version_3(path.name, words[0])
        if words[0] in ("E", LAST) and open_event:
            yield open_event.end()
            open_event = None
        if words[0] == "E" and begun:
            number += 1
            open_event = _Reading(path.name, number, _count(path.name, words))
        elif open_event:
            open_event.take(words)
    if not begun:
        raise Refused(f"{path.name} is no HepMC3 file: {FIRST} is missing")
    if not closed:
        raise Refused(f"{path.name} is cut off in or after event {number}: {LAST} is missing")


def _check_is_version_3(name: str, word: str) -> None:
    if word.startswith("HepMC::") and word != "HepMC::Version":
        raise Refused(f"{name} is of another kind ({word}): write it as HepMC3 ASCII (WriterAscii)")


def _count(name: str, words: list[str]) -> int:
    try:
        return int(words[3])
    except (IndexError, ValueError):
        raise Refused(f"{name}: {' '.join(words)[:60]!r} does not begin an event") from None


def check(path: Path) -> EventFile:
    """Read a whole file and return what it holds; raise Refused for what cannot be used."""
    events, weights, xsec_pb, any_weight = 0, 0.0, 0.0, False
    for event in read(path):
        events, weights, xsec_pb = events + 1, weights + event.weight, event.xsec_pb
        any_weight |= event.weight != 0.0
    if not events:
        raise Refused(f"{path.name} holds no events")
    if not any_weight:
        raise Refused(f"{path.name}: all {events} events have weight zero, so nothing can be counted")
    return EventFile(events, xsec_pb, weights, False, frozenset())


def split(path: Path, folder: Path, batches: int, most: int) -> list[tuple[Path, int]]:
    """Write the first `batches * most` events to one file a batch, header repeated; return files and their events.

    Events go round: event i into batch i mod batches, so that every batch is a fair sample.
    """
    files = [folder / f"batch_{index}.hepmc" for index in range(batches)]
    streams = [file.open("w", encoding="utf-8") for file in files]
    counts = [0] * batches
    targets = streams  # the header goes to all of them, an event to one
    begun = False
    try:
        for line in lines_of(path):
            if line.startswith("E ") and begun:
                number = sum(counts)
                if number == batches * most:
                    break
                counts[number % batches] += 1
                targets = [streams[number % batches]]
            elif line.startswith(LAST):
                break
            begun = begun or line.startswith(FIRST)
            for target in targets:
                target.write(line)
        for stream in streams:
            stream.write(f"{LAST}\n")
    finally:
        for stream in streams:
            stream.close()
    return [(file, count) for file, count in zip(files, counts) if count]
