"""SLHA files (hep-ph/0311123, and XSECTION blocks of arXiv:1405.0301): masses in GeV, decays, cross sections in pb.

Reads what this analysis needs and nothing else; every fault names its line. Standard library only.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

__all__ = ["CrossSection", "Decay", "Refused", "Spectrum", "parse", "read_spectrum"]

MOST_BYTES = 10_000_000


class Refused(Exception):
    """An input cannot be used; the message says what is wrong, where, and what would be right."""


class Decay(NamedTuple):
    """One decay table: total width in GeV, and (branching ratio, daughters) of each channel."""

    width_gev: float
    channels: tuple[tuple[float, tuple[int, ...]], ...]


class CrossSection(NamedTuple):
    """One line of an XSECTION block: energy in GeV, particles produced, order in QCD (0 LO, 1 NLO, 2 NNLO), value."""

    energy_gev: float
    produced: tuple[int, ...]
    qcd_order: int
    value_pb: float


class Spectrum(NamedTuple):
    """Masses (GeV, positive), decay tables and cross sections of a file."""

    masses: dict[int, float]
    decays: dict[int, Decay]
    cross_sections: tuple[CrossSection, ...]


class _Line(NamedTuple):
    number: int
    words: list[str]
    indented: bool


def read_spectrum(path: Path) -> Spectrum:
    """Read a file; raise Refused."""
    content = path.read_bytes()
    if len(content) > MOST_BYTES:
        raise Refused(f"{path.name} has {len(content)} bytes: more than an SLHA file holds")
    if b"\0" in content or content.startswith(b"\x1f\x8b"):
        raise Refused(f"{path.name} is no text: an SLHA file is plain text with blocks such as BLOCK MASS")
    return parse(content.decode("utf-8", "replace"), path.name)


def parse(text: str, name: str) -> Spectrum:
    """Return what a file says; raise Refused with file and line."""
    masses: dict[int, float] = {}
    decays: dict[int, tuple[float, list[tuple[float, tuple[int, ...]]]]] = {}
    sections: list[CrossSection] = []
    head: list[str] = []
    for line in _lines(text):
        where = f"{name}, line {line.number}"
        keyword = line.words[0].upper()
        if keyword in ("BLOCK", "DECAY", "XSECTION"):
            head = [keyword, *line.words[1:]]
            if keyword == "DECAY":
                decays[_whole(line.words, 1, where)] = (_number(line.words, 2, where), [])
        elif head[:1] == ["DECAY"]:
            decays[int(head[1])][1].append(_channel(line.words, where))
        elif head[:1] == ["XSECTION"]:
            sections.append(_section(head, line.words, where))
        elif head[:1] == ["BLOCK"] and len(head) > 1 and head[1].upper() == "MASS":
            masses[_whole(line.words, 0, where)] = abs(_number(line.words, 1, where))
        else:
            _no_nan(line.words, where)
    if not masses:
        raise Refused(f"{name} has no BLOCK MASS, or an empty one: without masses there is nothing to generate")
    return Spectrum(masses, {pdg: Decay(width, tuple(rows)) for pdg, (width, rows) in decays.items()}, tuple(sections))


def _lines(text: str) -> list[_Line]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            found.append(_Line(number, words, line[:1].isspace()))
    return found


def _channel(words: list[str], where: str) -> tuple[float, tuple[int, ...]]:
    ratio, count = _number(words, 0, where), _whole(words, 1, where)
    daughters = tuple(_whole(words, index, where) for index in range(2, 2 + count))
    if not 0.0 <= ratio <= 1.0 + 1e-6:
        raise Refused(f"{where}: a branching ratio of {ratio:g} is none")
    return ratio, daughters


def _section(head: list[str], words: list[str], where: str) -> CrossSection:
    count = _whole(head, 4, where)
    produced = tuple(_whole(head, index, where) for index in range(5, 5 + count))
    value = _number(words, 6, where)
    if value < 0.0:
        raise Refused(f"{where}: a cross section of {value:g} pb is none")
    return CrossSection(_number(head, 1, where), produced, _whole(words, 1, where), value)


def _whole(words: list[str], index: int, where: str) -> int:
    try:
        return int(words[index])
    except (IndexError, ValueError):
        raise Refused(f"{where}: a whole number is missing in {' '.join(words)[:80]!r}") from None


def _number(words: list[str], index: int, where: str) -> float:
    try:
        value = float(words[index].upper().replace("D", "E"))
    except (IndexError, ValueError):
        raise Refused(f"{where}: a number is missing in {' '.join(words)[:80]!r}") from None
    if not math.isfinite(value):
        raise Refused(f"{where}: {words[index]} is no number; the spectrum generator has failed")
    return value


def _no_nan(words: list[str], where: str) -> None:
    for word in words:
        if word.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            raise Refused(f"{where}: {word} is no number; the spectrum generator has failed")
