"""One event of a HepMC file while its lines are read: HepMC3 (Asciiv3, arXiv:1912.08005) and HepMC2 (IO_GenEvent).

Lines that say nothing about momenta, weights, units, flight or the cross section are passed over.
Standard library only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

from decaychain import is_new
from eventfile import BEAM_GEV, ESCAPES, PROTON, should_decay
from plaintext import number
from slha import Refused

__all__ = ["QUOTED", "HepMCEvent", "Particle", "Reading2", "Reading3"]

GEV = {"GEV": 1.0, "MEV": 1e-3}
MM = {"MM": 1.0, "CM": 10.0}
FINAL, BEAM = 1, 4
PARTONS = {*range(1, 6), 21}
UNSTABLE = {6, 15, 23, 24, 25}
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
Place = tuple[float, float, float]


class Particle(NamedTuple):
    """A particle that leaves the event: PDG number, momentum and energy in GeV, mass in GeV."""

    pdg: int
    px: float
    py: float
    pz: float
    energy: float
    mass: float


class HepMCEvent(NamedTuple):
    """One event: its weights with their names (1 if it has none, as HepMC counts), what leaves it, the cross sections in pb as known by then, one a weight
    or one in all, how far new particles flew (PDG number and mm), and what they weigh (GeV)."""

    weights: tuple[float, ...]
    names: tuple[str, ...]
    particles: tuple[Particle, ...]
    xsecs_pb: tuple[float, ...]
    flown: tuple[tuple[int, float], ...] = ()
    made: tuple[tuple[int, float], ...] = ()


class _Reading:
    """What both versions have in common."""

    def __init__(self, name: str, count: int, names: Sequence[str]) -> None:
        self.where, self.names = f"{name}, event {count}", tuple(names)
        self.gev: float | None = None
        self.mm = 1.0
        self.weights: list[float] = []
        self.xsecs_pb: list[float] = []
        self.beams: list[tuple[int, float]] = []
        self.final: list[Particle] = []
        self.flown: list[tuple[int, Place]] = []
        self.made: list[tuple[int, float]] = []

    def take(self, words: list[str]) -> None:
        """Read one line of it; raise Refused for what cannot be read."""
        try:
            if words[0] == "U":
                self.gev, self.mm = GEV[words[1].upper()], MM[words[2].upper()]
            else:
                self._line(words)
        except (ValueError, IndexError, KeyError) as problem:
            raise Refused(f"{self.where}: {' '.join(words)[:60]!r} cannot be read ({problem})") from None

    def _line(self, words: list[str]) -> None:
        raise NotImplementedError

    def missing(self) -> str:
        """Return what of the event is not there, in words, or nothing."""
        raise NotImplementedError

    def _leaves(self, pdg: int, values: list[float]) -> None:
        if should_decay(pdg) or abs(pdg) in UNSTABLE:
            escapes = ", ".join(map(str, sorted(ESCAPES)))
            raise Refused(
                f"{self.where} holds an undecayed {pdg}: let your generator decay and shower all of it; of new particles "
                f"only {escapes} are known to escape, so write one of these for it if it does"
            )
        if abs(pdg) in PARTONS:
            raise Refused(
                f"{self.where} holds a quark or gluon ({pdg}) that leaves it: let your generator hadronise it"
            )
        self.final.append(Particle(pdg, *values))

    def end(self) -> HepMCEvent:
        """Return the event; raise Refused if it is not whole, or not of this collider."""
        if missing := self.missing():
            raise Refused(f"{self.where} is cut off: {missing}")
        if not self.weights and self.names:
            raise Refused(f"{self.where} has no weight (W), and the file names {len(self.names)} of them")
        if not self.final:
            raise Refused(f"{self.where} holds no particles that leave it (status {FINAL})")
        gev = self._unit()
        beams = [(pdg, energy * gev) for pdg, energy in self.beams]
        if sorted(pdg for pdg, _ in beams) != [PROTON, PROTON] or any(
            abs(energy - BEAM_GEV) > 1.0 for _, energy in beams
        ):
            raise Refused(
                f"{self.where} has the beams {beams or 'of no particle with status 4'}; this search saw protons "
                f"of {BEAM_GEV:g} GeV"
            )
        final = (
            self.final if gev == 1.0 else [Particle(one[0], *(value * gev for value in one[1:])) for one in self.final]
        )
        flown = tuple((pdg, math.hypot(*way) * self.mm) for pdg, way in self.flown)
        made = tuple((pdg, mass * gev) for pdg, mass in self.made)
        return HepMCEvent(tuple(self.weights or [1.0]), self.names, tuple(final), tuple(self.xsecs_pb), flown, made)

    def _unit(self) -> float:
        """Return GeV per unit of momentum: as the event says, or, where it does not, as the beams tell."""
        if self.gev is not None:
            return self.gev
        return GEV["MEV"] if self.beams and self.beams[0][1] > 10.0 * BEAM_GEV else GEV["GEV"]


class Reading3(_Reading):
    """An event of Asciiv3: `E number vertices particles [@ x y z t]`."""

    def __init__(self, name: str, count: int, names: Sequence[str], words: list[str]) -> None:
        super().__init__(name, count, names)
        self.left = int(words[3])
        self.origin = _place(words[5:8]) if words[4:5] == ["@"] else (0.0, 0.0, 0.0)
        self.vertices: dict[int, Place] = {}
        self.new: dict[int, tuple[int, Place]] = {}

    def _line(self, words: list[str]) -> None:
        if words[0] == "W":
            self.weights = [number(word) for word in words[1:]]
        elif words[:3] == ["A", "0", "GenCrossSection"]:
            self.xsecs_pb = [number(words[3]), *(number(word) for word in words[7::2])]
        elif words[0] == "P":
            self._particle(words)
        elif words[0] == "V":
            self._vertex(words)

    def _particle(self, words: list[str]) -> None:
        parent, pdg, status = int(words[2]), int(words[3]), int(words[9])
        self.left -= 1
        if status == BEAM:
            self.beams.append((pdg, number(words[7])))
        elif status == FINAL:
            self._leaves(pdg, [number(word) for word in words[4:9]])
        if is_new(pdg):
            self.made.append((abs(pdg), number(words[8])))
            born = self.new[parent][1] if parent in self.new else self.vertices.get(parent, self.origin)
            self.new[int(words[1])] = (pdg, born)

    def _vertex(self, words: list[str]) -> None:
        incoming = [int(text) for text in re.findall(r"-?\d+", words[3])]
        new = [self.new[one] for one in incoming if one in self.new]
        if words[4:5] != ["@"]:
            self.vertices[int(words[1])] = new[0][1] if new else self.origin
            return
        here = self.vertices[int(words[1])] = _place(words[5:8])
        self.flown += [(pdg, _way(born, here)) for pdg, born in new]

    def missing(self) -> str:
        """Return how many of the particles are not there."""
        return f"{self.left} of its particles are missing" if self.left > 0 else ""


class Reading2(_Reading):
    """An event of IO_GenEvent: `E number mpi scale aqcd aqed process vertex vertices beam beam` and two counted lists,
    random numbers and weights."""

    def __init__(self, name: str, count: int, names: Sequence[str], words: list[str]) -> None:
        super().__init__(name, count, names)
        self.left_vertices, self.codes = int(words[8]), {code for code in words[9:11] if code != "0"}
        first = 13 + int(words[11])
        self.weights = [number(word) for word in words[first : first + int(words[first - 1])]]
        if len(self.weights) != int(words[first - 1]):
            raise ValueError("weights are missing")
        self.left = 0
        self.orphans = 0
        self.vertices: dict[str, Place] = {}
        self.here: Place = (0.0, 0.0, 0.0)
        self.new: list[tuple[int, Place, str]] = []

    def _line(self, words: list[str]) -> None:
        if words[0] == "N":
            self.names = tuple(QUOTED.findall(" ".join(words[2:])))
        elif words[0] == "C":
            self.xsecs_pb = [number(words[1])]
        elif words[0] == "V":
            self.left_vertices, self.orphans = self.left_vertices - 1, int(words[7])
            self.left += int(words[7]) + int(words[8])
            self.here = self.vertices[words[1]] = _place(words[3:6])
        elif words[0] == "P":
            self._particle(words)

    def _particle(self, words: list[str]) -> None:
        pdg, status = int(words[2]), int(words[8])
        ends = words[11] if len(words) > 11 else "0"
        self.left, self.orphans = self.left - 1, self.orphans - 1
        if words[1] in self.codes or (not self.codes and status == BEAM):
            self.beams.append((pdg, number(words[6])))
        elif status == FINAL:
            self._leaves(pdg, [number(word) for word in words[3:8]])
        if is_new(pdg):
            self.made.append((abs(pdg), number(words[7])))
        if is_new(pdg) and self.orphans < 0 and ends != "0":
            self.new.append((pdg, self.here, ends))

    def missing(self) -> str:
        """Return how many of the vertices or particles are not there."""
        if self.left_vertices > 0 or self.left > 0:
            return f"{max(self.left_vertices, 0)} of its vertices and {max(self.left, 0)} of its particles are missing"
        return ""

    def end(self) -> HepMCEvent:
        """Return the event; raise Refused if it is not whole, or not of this collider."""
        self.flown = [(pdg, _way(born, self.vertices[ends])) for pdg, born, ends in self.new if ends in self.vertices]
        return super().end()


def _place(words: list[str]) -> Place:
    x, y, z = map(number, words)
    return (x, y, z)


def _way(born: Place, died: Place) -> Place:
    return (died[0] - born[0], died[1] - born[1], died[2] - born[2])
