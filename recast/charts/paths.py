"""Strokes and symbols as the data of paths in SVG; pure."""

from __future__ import annotations

from collections.abc import Sequence

from recast.charts.model import XY
from recast.charts.style import GLYPHS, MARKS

__all__ = ["glyphs_data", "short_px", "strokes_data"]


def strokes_data(strokes: Sequence[Sequence[XY]]) -> str:
    """Return strokes as the data of a path."""
    found = []
    for stroke in strokes:
        closed = len(stroke) > 2 and stroke[0] == stroke[-1]
        places = [f"{short_px(x)} {short_px(y)}" for x, y in (stroke[:-1] if closed else stroke)]
        found.append(f"M{places[0]}L{' '.join(places[1:])}{'Z' if closed else ''}")
    return "".join(found)


def glyphs_data(kind: str, places: Sequence[XY]) -> str:
    """Return symbols as the data of a path, relative to their places."""
    shape = _shape(kind)
    return "".join(f"M{short_px(x)} {short_px(y)}{shape}" for x, y in places)


def _shape(kind: str) -> str:
    found, at = [], (0.0, 0.0)
    for stroke in GLYPHS[MARKS[kind][0]]:
        closed = len(stroke) > 2 and stroke[0] == stroke[-1]
        for number, place in enumerate(stroke[:-1] if closed else stroke):
            step = place[0] - at[0], place[1] - at[1]
            if step != (0.0, 0.0) or number:
                found.append(f"{'l' if number else 'm'}{short_px(step[0])} {short_px(step[1])}")
            at = place
        if closed:
            found.append("z")
            at = stroke[0]
    return "".join(found).replace("l0 0", "h0")


def short_px(value: float) -> str:
    """Return a place in px with at most one decimal."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
