"""Text in drawings: what may be shown, its width, and shortening it. Names are untrusted."""

from __future__ import annotations

import unicodedata

__all__ = ["LONGEST", "printable", "shorten", "width"]

LONGEST = 44
"""Characters of a name that a box shows; the whole name is in its tooltip."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{}/ -")
_BROAD = frozenset("mwMW@%…")
_MARKS = frozenset("\N{MULTIPLICATION SIGN}\N{MIDDLE DOT}\N{EN DASH}")
_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def printable(text: str) -> str:
    """Return the text on one line, with invisible characters and direction marks replaced."""
    spaced = " ".join(text.split())
    return "".join("\ufffd" if unicodedata.category(char) in _UNSEEN else char for char in spaced)


def shorten(text: str, longest: int = LONGEST) -> str:
    """Return the text, printable, with its middle left out if it is longer than `longest` characters."""
    clean = printable(text)
    if len(clean) <= longest:
        return clean
    head = (longest - 1) * 2 // 3
    return f"{clean[:head]}…{clean[len(clean) - (longest - 1 - head) :]}"


def width(text: str, size_px: float, *, bold: bool = False) -> float:
    """Return how wide a text is at most, in px, in any common sans-serif font (DejaVu Sans is the widest)."""
    return sum(_em(char) for char in text) * size_px * (1.12 if bold else 1.0)


def _em(char: str) -> float:
    if char in _NARROW:
        return 0.42
    if char in _BROAD or unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char.isalnum() or char == "_":
        return 0.72 if char.isupper() else 0.64
    return 0.86 if char.isascii() or char in _MARKS else 1.06
