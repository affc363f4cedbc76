"""Texts of charts: labels of axes from the names of coordinates, numbers, and indices in texts; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from recast.terminal_safe import one_line

__all__ = ["LONGEST", "axis_label", "compact", "runs", "safe", "unmarked"]

LONGEST = 90
"""The most characters of a label; other texts may be longer."""

_UNITS = {
    "ev": "eV", "kev": "keV", "mev": "MeV", "gev": "GeV", "tev": "TeV", "fb": "fb", "pb": "pb", "mm": "mm",
    "cm": "cm", "ns": "ns",
}  # fmt: skip
_BRACKETS = re.compile(r"(?P<label>.*\S)\s*\[(?P<unit>[^\[\]]{1,12})\]")
_RUN = re.compile(r"([_^])\{([A-Za-z0-9+\-\u2212. ]{1,12})\}")


def safe(text: str, most: int = LONGEST) -> str:
    """Return an untrusted text on one line, visible and bounded."""
    return one_line(" ".join(str(text)[: 20 * most].split()), most)


def axis_label(name: str, labels: Mapping[str, str]) -> tuple[str, str]:
    """Return the label and the unit of an axis: as declared, or `m_chargino_gev` as m(chargino) and GeV."""
    if name in labels:
        declared = safe(labels[name])
        found = _BRACKETS.fullmatch(declared)
        return (found["label"], found["unit"]) if found else (declared, "")
    plain, _, unit = name.rpartition("_")
    if not plain or unit not in _UNITS:
        return safe(name), ""
    head, _, rest = plain.partition("_")
    return safe(f"{head}({rest.replace('_', ' ')})" if rest else head), _UNITS[unit]


def compact(value: float) -> str:
    """Return a number with at most six digits, as figures carry them."""
    return f"{value + 0.0:.6g}"


def runs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a text with what they are: ``""``, ``_`` (an index) or ``^`` (a power)."""
    at = 0
    for found in _RUN.finditer(text):
        if found.start() > at:
            yield text[at : found.start()], ""
        yield found[2], found[1]
        at = found.end()
    if at < len(text):
        yield text[at:], ""


def unmarked(text: str) -> str:
    """Return a text without the marks of indices and powers: `CL_{s}` as CLs, `10^{3}` as 10^3."""
    return "".join(piece if kind != "^" else f"^{piece}" for piece, kind in runs(text))
