"""SLHA files (hep-ph/0311123; XSECTION blocks of arXiv:1405.0301) outside a container.

Parses a file and reports what makes it unusable for every search; what concerns a single search is up to its clauses.
The bundle that generates events from spectra has its own parser, in its container; a test compares the two
(docs/adr/0050). The files are untrusted: from Fortran or Windows, truncated, or something else entirely.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from recast.applies.plaintext import NotText, as_text, number

__all__ = ["MOST_BYTES", "NOISE", "BadSpectrum", "CrossSection", "Decay", "Spectrum", "read_spectrum"]

MOST_BYTES = 10_000_000
NOISE = 1e-6
"""The rounding tolerance for branching ratios of zero and one."""
_MOST_PARTICLES = 20
_HEADS = ("BLOCK", "DECAY", "XSECTION")
_PROGRAMS = ("SPINFO", "DCINFO")
_NO_ERROR = frozenset({"", "0", "none", "ok", "no error", "no errors", "no problem", "no problems"})
_SCALARS = frozenset(
    [25, 35, 36, 37, 45, 46, *range(1000001, 1000007), *range(2000001, 2000007), *range(1000011, 1000017)]
) | {2000011, 2000013, 2000015}
_NOT_A_NUMBER = re.compile(r"[+-]?(nan|inf(inity)?)([(].*)?", re.IGNORECASE)
_LONGEST_SHOWN = 80
_MOST_NOTES = 6


class BadSpectrum(ValueError):
    """A file that is not valid SLHA; the message names the line."""


class Decay(NamedTuple):
    """One decay table: total width in GeV, (branching ratio, daughters) of each channel, and its faults, which matter
    only for particles that are produced.
    """

    width_gev: float
    channels: tuple[tuple[float, tuple[int, ...]], ...]
    fault: str = ""


class CrossSection(NamedTuple):
    """One row of an XSECTION block; `scales` are the factors on both scales, 0 if the file does not state them."""

    energy_gev: float
    produced: tuple[int, ...]
    order: tuple[int, int]
    value_pb: float
    scales: tuple[float, float] = (0.0, 0.0)
    beams: tuple[int, int] = (2212, 2212)


class Spectrum(NamedTuple):
    """Masses in GeV (positive), decay tables and cross sections of a file, and notes about it."""

    masses: dict[int, float]
    decays: dict[int, Decay]
    cross_sections: tuple[CrossSection, ...] = ()
    notes: tuple[str, ...] = ()


class _Line(NamedTuple):
    number: int
    words: list[str]
    comment: str = ""


def read_spectrum(content: bytes) -> Spectrum:
    """Parse a file; raise BadSpectrum."""
    if len(content) > MOST_BYTES:
        raise BadSpectrum(f"it has {len(content)} bytes, more than an SLHA file holds")
    try:
        text = as_text(content)
    except NotText as problem:
        raise BadSpectrum(f"{problem}; an SLHA file is plain text with blocks such as BLOCK MASS") from None
    reader = _Reader()
    for line in _lines(text):
        reader.take(line)
    return reader.end()


class _Table:
    """A decay table that is being read."""

    def __init__(self, line: int, width_gev: float, fault: str) -> None:
        self.line, self.width_gev, self.fault = line, width_gev, fault
        self.channels: list[tuple[float, tuple[int, ...]]] = []

    def decay(self) -> Decay:
        return Decay(self.width_gev, tuple(self.channels), self.fault)


class _Reader:
    """What was parsed so far, and the block that the next rows belong to."""

    def __init__(self) -> None:
        self.masses: dict[int, tuple[float, int]] = {}
        self.decays: dict[int, tuple[Decay, int]] = {}
        self.sections: list[CrossSection] = []
        self.notes: list[str] = []
        self.head: list[str] = [""]
        self.open: tuple[int, _Table] | None = None

    def take(self, line: _Line) -> None:
        """Take one line that is not empty."""
        keyword = line.words[0].upper()
        if keyword in _HEADS:
            self._close()
            self.head = [keyword, *line.words[1:]]
            if keyword == "DECAY":
                self.open = (_whole(line, 1), _table(line))
        elif self.open is not None:
            self._channel(self.open[1], line)
        elif self.head[0] == "XSECTION":
            self.sections.append(_section(self.head, line))
        elif self._block() == "MASS":
            self._mass(line)
        elif self._block() in _PROGRAMS:
            self._said_by_program(line)
        else:
            _no_nan(line.words, line.number)

    def end(self) -> Spectrum:
        """Return what the file says; raise BadSpectrum if it has no masses."""
        self._close()
        if not self.masses:
            raise BadSpectrum("it has no BLOCK MASS, or an empty one")
        masses = {pdg: abs(value) for pdg, (value, _) in self.masses.items()}
        decays = {pdg: decay for pdg, (decay, _) in self.decays.items()}
        return Spectrum(masses, decays, tuple(self.sections), tuple(self.notes[:_MOST_NOTES]))

    def _block(self) -> str:
        return self.head[1].upper() if self.head[0] == "BLOCK" and len(self.head) > 1 else ""

    def _close(self) -> None:
        if self.open is None:
            return
        pdg, table = self.open
        self.open, decay = None, table.decay()
        before, first = self.decays.setdefault(pdg, (decay, table.line))
        if before[:2] != decay[:2]:
            fault = f"it stands in line {first} and, otherwise, in line {table.line}: are these several files in one?"
            self.decays[pdg] = (before._replace(fault=before.fault or fault), first)

    def _mass(self, line: _Line) -> None:
        pdg, value = _whole(line, 0), _number(line, 1)
        if value < 0.0 and pdg in _SCALARS:
            raise BadSpectrum(f"line {line.number}: the scalar {pdg} has a mass of {value:g} GeV: a tachyon")
        before, first = self.masses.setdefault(pdg, (value, line.number))
        if before != value:
            raise BadSpectrum(
                f"BLOCK MASS says twice what {pdg} weighs: {before:g} GeV in line {first} and {value:g} GeV in line "
                f"{line.number}: are these several files in one?"
            )

    def _said_by_program(self, line: _Line) -> None:
        said = " ".join(line.words[1:])[:_LONGEST_SHOWN]
        if line.words[0] == "3" and said.lower() not in _NO_ERROR:
            self.notes.append(f"the program that made it warns: {said}")
        if line.words[0] == "4" and (said.lower() not in _NO_ERROR or (not said and line.comment)):
            said = said or line.comment[:_LONGEST_SHOWN]
            raise BadSpectrum(f"line {line.number}: the program that made it says that it failed: {said}")

    def _channel(self, table: _Table, line: _Line) -> None:
        ratio, daughters = _number(line, 0), _particles(line, 1)
        if line.words[2 + len(daughters) :] and _is_whole(line.words[2 + len(daughters)]):
            table.fault = (
                table.fault or f"line {line.number}: more particles than the {len(daughters)} that it announces"
            )
        if not -NOISE <= ratio <= 1.0 + NOISE:
            table.fault = table.fault or f"line {line.number}: {ratio:g} is not a branching ratio"
        elif ratio < 0.0:
            self.notes.append(f"line {line.number}: a branching ratio of {ratio:g} is rounding noise, and taken as 0")
        table.channels.append((min(max(ratio, 0.0), 1.0), daughters))


def _lines(text: str) -> Iterator[_Line]:
    for count, line in enumerate(text.splitlines(), 1):
        said, _, comment = line.partition("#")
        if words := said.split():
            yield _Line(count, words, comment.strip())


def _table(line: _Line) -> _Table:
    if line.words[2:3] and line.words[2].lower() == "auto":
        return _Table(line.number, 0.0, "its width is to be computed (auto), and nobody has")
    return _Table(line.number, _number(line, 2), "")


def _section(head: list[str], line: _Line) -> CrossSection:
    """Return a row: scale scheme, orders in QCD and EW, factors on both scales, PDF, value."""
    above = _Line(line.number, head)
    value = _number(line, 6)
    if value < 0.0:
        raise BadSpectrum(f"line {line.number}: {value:g} pb is not a cross section")
    return CrossSection(
        energy_gev=_number(above, 1),
        produced=_particles(above, 4),
        order=(_whole(line, 1), _whole(line, 2)),
        value_pb=value,
        scales=(_number(line, 3), _number(line, 4)),
        beams=(_whole(above, 2), _whole(above, 3)),
    )


def _particles(line: _Line, index: int) -> tuple[int, ...]:
    """Return the particles that follow their number."""
    count = _whole(line, index)
    if not 0 <= count <= _MOST_PARTICLES:
        raise BadSpectrum(f"line {line.number}: {count} particles in {_shown(line)}")
    return tuple(_whole(line, index + 1 + place) for place in range(count))


def _whole(line: _Line, index: int) -> int:
    try:
        word = line.words[index]
        if not word.isascii() or "_" in word or len(word) > 20:
            raise ValueError
        return int(word)
    except (IndexError, ValueError):
        raise BadSpectrum(f"line {line.number}: a whole number is missing in {_shown(line)}") from None


def _is_whole(word: str) -> bool:
    return word.isascii() and word.lstrip("+-").isdigit()


def _number(line: _Line, index: int) -> float:
    _no_nan(line.words[index : index + 1], line.number)
    try:
        return number(line.words[index])
    except (IndexError, ValueError):
        raise BadSpectrum(f"line {line.number}: a number is missing in {_shown(line)}") from None


def _no_nan(words: list[str], count: int) -> None:
    for word in words:
        if word[:1] in "+-nNiI" and _NOT_A_NUMBER.fullmatch(word):
            raise BadSpectrum(f"line {count}: {word[:20]} is not a number; the spectrum generator has failed")


def _shown(line: _Line) -> str:
    return repr(" ".join(line.words)[:_LONGEST_SHOWN])
