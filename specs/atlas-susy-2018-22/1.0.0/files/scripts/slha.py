"""SLHA files (hep-ph/0311123, and XSECTION blocks of arXiv:1405.0301): masses in GeV, decays, cross sections in pb.

Reads what this analysis needs; every fault names its line. What is wrong with a decay table is kept beside it, because
it matters only for particles that are made. `normalised` writes the file anew for programs that read numbers less
kindly. Standard library only.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from plaintext import NotText, as_text, number, plain

__all__ = ["NOISE", "CrossSection", "Decay", "Refused", "Spectrum", "normalised", "parse", "read_spectrum"]

MOST_BYTES = 10_000_000
NOISE = 1e-6  # what rounding leaves of a branching ratio that is zero, or one
# Blocks in which programs say what they are and how it went: 3 is a warning, 4 an error (hep-ph/0311123, section 3.1).
PROGRAM_BLOCKS = ("SPINFO", "DCINFO")
NO_ERROR = {"", "0", "none", "ok", "no error", "no errors", "no problem", "no problems"}
SCALARS = (*range(1000001, 1000007), *range(2000001, 2000007), *range(1000011, 1000017), 2000011, 2000013, 2000015)
HIGGS = (25, 35, 36, 37, 45, 46)
NOT_A_NUMBER = re.compile(r"[+-]?(nan|inf(inity)?)([(].*)?", re.IGNORECASE)


class Refused(Exception):
    """An input cannot be used; the message says what is wrong, where, and what would be right."""


class Decay(NamedTuple):
    """One decay table: total width in GeV, (branching ratio, daughters) of each channel, and what is wrong with it."""

    width_gev: float
    channels: tuple[tuple[float, tuple[int, ...]], ...]
    fault: str = ""
    line: int = 0


class CrossSection(NamedTuple):
    """One line of an XSECTION block: energy in GeV, particles produced, order in QCD (0 LO, 1 NLO, 2 NNLO), value.

    `scales` are the factors of factorisation and renormalisation scale; 0 stands for not varied.
    """

    energy_gev: float
    produced: tuple[int, ...]
    qcd_order: int
    value_pb: float
    ew_order: int = 0
    scales: tuple[float, float] = (0.0, 0.0)
    beams: tuple[int, int] = (2212, 2212)
    line: int = 0


class Spectrum(NamedTuple):
    """Masses (GeV, positive), decay tables, cross sections; particles that the file defines; what to say of it."""

    masses: dict[int, float]
    decays: dict[int, Decay]
    cross_sections: tuple[CrossSection, ...]
    defined: frozenset[int] = frozenset()
    notes: tuple[str, ...] = ()


class _Line(NamedTuple):
    number: int
    words: list[str]
    comment: str


def read_spectrum(path: Path) -> Spectrum:
    """Read a file; raise Refused."""
    return parse(text_of(path), path.name)


def text_of(path: Path) -> str:
    """Return the text of a file; raise Refused for what is no text."""
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        raise Refused(f"{path.name} has {len(content)} bytes: more than an SLHA file holds")
    try:
        return as_text(content)
    except NotText as problem:
        raise Refused(f"{path.name}: {problem}; an SLHA file is plain text with blocks such as BLOCK MASS") from None


def parse(text: str, name: str) -> Spectrum:
    """Return what a file says; raise Refused with file and line."""
    reading = _Reading(name)
    for line in _lines(text):
        reading.take(line)
    return reading.end()


def _lines(text: str) -> list[_Line]:
    found = []
    for count, line in enumerate(text.splitlines(), 1):
        said, _, comment = line.partition("#")
        if words := said.split():
            found.append(_Line(count, words, comment.strip()))
    return found


class _Reading:
    """What was read of a file so far."""

    def __init__(self, name: str) -> None:
        self.name, self.where, self.head = name, name, [""]
        self.masses: dict[int, tuple[float, int]] = {}
        self.decays: dict[int, Decay] = {}
        self.open_decay: tuple[int, Decay] | None = None
        self.sections: list[CrossSection] = []
        self.defined: set[int] = set()
        self.notes: list[str] = []
        self.blocks: set[str] = set()
        self.mixed_flavours = False

    def take(self, line: _Line) -> None:
        """Read one line; raise Refused."""
        self.where = f"{self.name}, line {line.number}"
        keyword = line.words[0].upper()
        if keyword in ("BLOCK", "DECAY", "XSECTION"):
            self._close_decay()
            self.head = [keyword, *line.words[1:]]
            self.blocks.add(self._block())
            if keyword == "DECAY":
                self.open_decay = (_whole(line.words, 1, self.where), self._decay(line))
            elif self._block() == "QNUMBERS" and len(self.head) > 2:
                self.defined.add(abs(_whole(line.words, 2, self.where)))
        elif self.open_decay is not None:
            self._channel(line.words)
        elif self.head[0] == "XSECTION":
            self._section(line)
        elif self._block() == "MASS":
            self._mass(line)
        elif self._block() == "MODSEL" and line.words[:1] == ["6"]:
            self.mixed_flavours = line.words[1:2] in (["1"], ["3"])
        elif self._block() in PROGRAM_BLOCKS:
            self._said_by_program(line)
        else:
            _no_nan(line.words, self.where)

    def _block(self) -> str:
        return self.head[1].upper() if self.head[0] == "BLOCK" and len(self.head) > 1 else ""

    def _mass(self, line: _Line) -> None:
        pdg, value = _whole(line.words, 0, self.where), _number(line.words, 1, self.where)
        if value < 0.0 and pdg in (*SCALARS, *HIGGS):
            raise Refused(
                f"{self.where}: the scalar {pdg} has a mass of {value:g} GeV: a tachyon, the spectrum is unphysical"
            )
        before, first = self.masses.setdefault(pdg, (value, line.number))
        if before != value:
            raise Refused(
                f"{self.name} says twice what {pdg} weighs: {before:g} GeV in line {first} and {value:g} GeV in line "
                f"{line.number} (BLOCK MASS); are these several files in one?"
            )

    def _said_by_program(self, line: _Line) -> None:
        said = " ".join(line.words[1:])
        if line.words[0] == "3" and said.lower() not in NO_ERROR:
            self.notes.append(f"the program that made {self.name} warns: {said[:200]}")
        if line.words[0] == "4" and (said.lower() not in NO_ERROR or (not said and line.comment)):
            raise Refused(
                f"{self.where}: the program that made it says that it is not to be used: {(said or line.comment)[:200]}"
            )

    def _decay(self, line: _Line) -> Decay:
        word = line.words[2] if len(line.words) > 2 else ""
        if word.lower() == "auto":
            return Decay(0.0, (), f"its width is {word!r}, which no program has computed yet", line.number)
        return Decay(_number(line.words, 2, self.where), (), "", line.number)

    def _channel(self, words: list[str]) -> None:
        assert self.open_decay is not None
        pdg, decay = self.open_decay
        ratio, count = _number(words, 0, self.where), _whole(words, 1, self.where)
        daughters = tuple(_whole(words, index, self.where) for index in range(2, 2 + count))
        fault = decay.fault
        if (more := words[2 + count :]) and more[0].isascii() and more[0].lstrip("+-").isdigit():
            fault = fault or f"{self.where}: more particles than the {count} that it announces"
        if not -NOISE <= ratio <= 1.0 + NOISE:
            fault = fault or f"{self.where}: a branching ratio of {ratio:g} is none"
        row = (min(max(ratio, 0.0), 1.0), daughters)
        if ratio < 0.0 and not fault:
            self.notes.append(f"{self.where}: a branching ratio of {ratio:g} is rounding noise, and taken as 0")
        self.open_decay = (pdg, decay._replace(channels=(*decay.channels, row), fault=fault))

    def _close_decay(self) -> None:
        if self.open_decay is None:
            return
        pdg, decay = self.open_decay
        self.open_decay = None
        before = self.decays.setdefault(pdg, decay)
        if before[:2] != decay[:2]:
            lines = f"in line {before.line} and, otherwise, in line {decay.line}"
            fault = f"it is there {lines}; are these several files in one?"
            self.decays[pdg] = before._replace(fault=fault)

    def _section(self, line: _Line) -> None:
        words, where = line.words, self.where
        count = _whole(self.head, 4, where)
        produced = tuple(_whole(self.head, index, where) for index in range(5, 5 + count))
        value = _number(words, 6, where)
        if value < 0.0:
            raise Refused(f"{where}: a cross section of {value:g} pb is none")
        beams = (_whole(self.head, 2, where), _whole(self.head, 3, where))
        scales = (_number(words, 3, where), _number(words, 4, where))
        orders = _whole(words, 1, where), value, _whole(words, 2, where)
        self.sections.append(CrossSection(_number(self.head, 1, where), produced, *orders, scales, beams, line.number))

    def end(self) -> Spectrum:
        """Return what the file says; raise Refused if it has no masses."""
        self._close_decay()
        if not self.masses:
            raise Refused(
                f"{self.name} has no BLOCK MASS, or an empty one: without masses there is nothing to generate"
            )
        if self.mixed_flavours:
            self._of_flavours()
        masses = {pdg: abs(value) for pdg, (value, _) in self.masses.items()}
        return Spectrum(
            masses, self.decays, tuple(self.sections), frozenset(self.defined), tuple(_shortened(self.notes))
        )

    def _of_flavours(self) -> None:
        """Note what MODSEL 6 means; raise Refused without the quark mixing that the generator needs then."""
        if "VCKMIN" not in self.blocks:
            raise Refused(
                f"{self.name}: MODSEL 6 says that squarks mix flavours, and BLOCK VCKMIN is missing: the "
                "generator makes no squarks without it"
            )
        self.notes.append(
            "squarks mix flavours (MODSEL 6): 1000001 to 2000006 are in the order of masses, not flavours"
        )


def _shortened(notes: list[str], most: int = 5) -> list[str]:
    """Return the first notes, and how many more there are."""
    rest = len(notes) - most
    return notes if rest <= 1 else [*notes[:most], f"and {rest} more of the kind"]


def _whole(words: list[str], index: int, where: str) -> int:
    try:
        if not words[index].isascii() or "_" in words[index]:
            raise ValueError
        return int(words[index])
    except (IndexError, ValueError):
        raise Refused(f"{where}: a whole number is missing in {' '.join(words)[:80]!r}") from None


def _number(words: list[str], index: int, where: str) -> float:
    _no_nan(words[index : index + 1], where)
    try:
        return number(words[index])
    except (IndexError, ValueError):
        raise Refused(f"{where}: a number is missing in {' '.join(words)[:80]!r}") from None


def _no_nan(words: list[str], where: str) -> None:
    for word in words:
        if NOT_A_NUMBER.fullmatch(word):
            raise Refused(f"{where}: {word} is no number; the spectrum generator has failed")


def normalised(text: str, spectrum: Spectrum) -> str:
    """Return a file with the same blocks and decays, numbers as C++ reads them, without noise and what was a fault.

    Pythia reads 1.6D+03 as 1.6, and a negative branching ratio as a channel that is switched off.
    """
    kept, inside = [], False
    for line in _lines(text):
        keyword = line.words[0].upper()
        if keyword in ("BLOCK", "DECAY", "XSECTION"):
            inside = keyword == "BLOCK" and line.words[1:2] != [] and line.words[1].upper() not in PROGRAM_BLOCKS
            if inside:
                kept.append(" ".join([keyword, *map(_plain, line.words[1:])]))
        elif inside:
            kept.append(" " + " ".join(map(_plain, line.words)))
    for pdg, decay in spectrum.decays.items():
        if not decay.fault:
            kept.append(f"DECAY {pdg} {decay.width_gev!r}")
            kept += [
                f" {ratio!r} {len(daughters)} {' '.join(map(str, daughters))}"
                for ratio, daughters in decay.channels
                if ratio > 0.0
            ]
    return "\n".join([*kept, ""])


def _plain(word: str) -> str:
    scale = word[:2].upper() == "Q="  # of the running parameters in a block, often written without a space
    return f"Q= {plain(word[2:]) or word[2:]}" if scale else plain(word) or word
