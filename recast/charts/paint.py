"""Looks as attributes of SVG: classes for a page, or colours for a file of its own; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from recast.charts.style import AREAS, LIGHT, LINES, MARKS, WORDS, Look

__all__ = ["Paint", "classes", "colours", "look_of"]

Paint: TypeAlias = Callable[[str, str], str]
"""(role, kind) -> attributes, each after a space."""

_FONTS = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"
_FRAME: Mapping[str, Look] = {
    "frame": Look("ink", 1.2),
    "tick": Look("ink", 1.0),
    "hatch": Look("quiet", 0.8),
    "paper": Look(fill="paper"),
}


def classes(role: str, kind: str) -> str:
    """Return the classes by which a page's stylesheet finds something."""
    return f' class="{role} {kind}"' if kind and kind != role else f' class="{role}"'


def colours(role: str, kind: str) -> str:
    """Return the colours themselves, for white paper."""
    if role == "chart":
        return f' font-family="{_FONTS}" font-size="12" fill="none"'
    if role == "words":
        colour, size, weight = WORDS[kind]
        bold = f' font-weight="{weight}"' if weight else ""
        return f' fill="{LIGHT[colour]}" font-size="{size:g}"{bold}'
    return _attributes(look_of(role, kind))


def look_of(role: str, kind: str) -> Look:
    """Return the look of something that is drawn."""
    if role == "mark":
        return MARKS[kind][1]
    return {"line": LINES, "area": AREAS}[role][kind] if role in ("line", "area") else _FRAME[role]


def _attributes(look: Look) -> str:
    found = [f'stroke="{LIGHT[look.stroke]}" stroke-width="{look.width:g}"' if look.stroke else ""]
    found += [f'stroke-dasharray="{look.dash}"' if look.dash else "", 'stroke-linecap="round"' if look.is_round else ""]
    found += [f'fill="{LIGHT[look.fill]}"' if look.fill and look.fill != "hatch" else ""]
    return "".join(f" {it}" for it in found if it)
