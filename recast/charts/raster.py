"""A chart as PNG or PDF: the primitives of its layout, drawn by matplotlib."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache
from typing import Any, Literal

from recast.charts.layout import lay_out
from recast.charts.model import XY, Figure
from recast.charts.paint import look_of
from recast.charts.primitives import Box, Item, Layout, Path, PlacedPanel, Words
from recast.charts.style import GLYPHS, LIGHT, MARKS, WORDS, Look
from recast.charts.words import runs, safe
from recast.json_types import JsonValue

__all__ = ["Form", "pictures"]

Form = Literal["png", "pdf"]
_DPI = 150
_LONGEST = 600
_POINTS_PER_INCH = 72.0
_FONT = "DejaVu Sans"
"""It comes with matplotlib."""
_UNKNOWN = "\N{WHITE SQUARE}"


def pictures(figure: Figure, forms: Sequence[Form]) -> list[bytes]:
    """Return a chart with its title, caption and notes in each of the forms; the same chart gives the same bytes.

    A px is a point of 1/72 inch. Settings of matplotlib are neither read nor changed, since threads share them. Raises
    ImportError without matplotlib.
    """
    drawn = _drawn(lay_out(figure, with_words=True))
    return [_saved(drawn, form) for form in forms]


def _saved(drawn: JsonValue, form: Form) -> bytes:
    content = io.BytesIO()
    drawn.savefig(content, format=form, dpi=_DPI, metadata={"CreationDate": None} if form == "pdf" else {})
    return content.getvalue()


def _drawn(layout: Layout) -> JsonValue:
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(layout.width / _POINTS_PER_INCH, layout.height / _POINTS_PER_INCH), facecolor="white")
    axes = canvas.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, layout.width)
    axes.set_ylim(layout.height, 0.0)
    for panel in layout.panels:
        _panel(axes, panel)
    for words in layout.words:
        _text(axes, words)
    return canvas


def _panel(axes: JsonValue, panel: PlacedPanel) -> None:
    from matplotlib.patches import Rectangle

    box: Box = panel.box
    clip = Rectangle((box.x0, box.y0), box.x1 - box.x0, box.y1 - box.y0, transform=axes.transData)
    for group in panel.groups:
        for item in group.items:
            _item(axes, item).set_clip_path(clip)
    for path in panel.frame:
        _item(axes, path)
    for words in panel.words:
        _text(axes, words)
    for _, items in panel.keys:
        for one in items:
            if isinstance(one, Words):
                _text(axes, one)
            else:
                _item(axes, one)


def _item(axes: JsonValue, item: Item) -> JsonValue:
    if isinstance(item, Path):
        return _patch(axes, item.strokes, look_of(item.role, item.kind))
    shape, look = MARKS[item.kind]
    if shape in ("dot", "none"):
        size = look.width if shape == "dot" else 0.0
        x, y = ([place[axis] for place in item.places] for axis in (0, 1))
        return axes.plot(x, y, "o", markersize=size, markeredgewidth=0, color=_colour(look.stroke))[0]
    strokes = [tuple((x + dx, y + dy) for dx, dy in stroke) for x, y in item.places for stroke in GLYPHS[shape]]
    return _patch(axes, strokes, look)


def _patch(axes: JsonValue, strokes: Sequence[Sequence[XY]], look: Look) -> JsonValue:
    from matplotlib.patches import PathPatch

    dashes = [float(it) / look.width for it in look.dash.split()]  # matplotlib counts in widths of the line
    patch = PathPatch(
        _path(strokes),
        edgecolor=_colour("quiet" if look.fill == "hatch" else look.stroke),
        facecolor="none" if look.fill == "hatch" else _colour(look.fill),
        linewidth=look.width if look.stroke else 0.0,
        linestyle=(0, dashes) if dashes else "-",
        hatch="////" if look.fill == "hatch" else None,
        capstyle="butt",
        joinstyle="miter",
    )
    return axes.add_patch(patch)


def _path(strokes: Sequence[Sequence[XY]]) -> JsonValue:
    from matplotlib.path import Path as Strokes

    places, codes = list[XY](), list[Any]()
    for stroke in strokes:
        closed = len(stroke) > 2 and stroke[0] == stroke[-1]
        places += stroke
        codes += [
            Strokes.MOVETO,
            *([Strokes.LINETO] * (len(stroke) - 2)),
            Strokes.CLOSEPOLY if closed else Strokes.LINETO,
        ]
    found = Strokes(places, codes) if places else Strokes([(0.0, 0.0)], [Strokes.MOVETO])
    found.should_simplify = False
    return found


def _colour(name: str | None) -> str:
    return LIGHT[name] if name else "none"


def _text(axes: JsonValue, words: Words) -> None:
    colour, size, weight = WORDS[words.role]
    safe_text = _known(safe(words.text, _LONGEST))
    pieces = list(runs(safe_text))
    is_plain = all(not kind for _, kind in pieces)
    text = safe_text if is_plain else "".join(_piece(piece, kind) for piece, kind in pieces)
    across = {"start": "left", "middle": "center", "end": "right"}[words.anchor]
    axes.text(
        words.x, words.y, text, color=LIGHT[colour], family=_FONT, fontsize=size, usetex=False,
        fontweight="bold" if weight else "normal",
        ha=across, va="baseline", rotation=words.turn, rotation_mode="anchor", parse_math=not is_plain,
    )  # fmt: skip


def _known(text: str) -> str:
    """Return a text with a square for each letter that the font does not have."""
    letters = _letters()
    return "".join(it if ord(it) in letters else _UNKNOWN for it in text)


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(_FONT)).get_charmap())


def _piece(piece: str, kind: str) -> str:
    """Return a piece of a text for matplotlib, which interprets only indices and powers: letters, digits, signs."""
    if not kind:
        return piece.replace("\\", "\N{REVERSE SOLIDUS OPERATOR}").replace("$", r"\$")
    inner = piece.replace("\N{MINUS SIGN}", "-").replace(" ", r"\ ")
    return f"${kind}{{\\mathregular{{{inner}}}}}$"
