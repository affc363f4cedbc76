"""A chart as SVG: for a page, whose stylesheet has the colours, or as a file with the colours inside; pure.

No script, style, font or address of another host. Coordinates of what is drawn are absolute in `M` and `L`, those of
symbols relative to their place: a script that zooms moves the absolute ones alone, and symbols keep their size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from recast.charts.layout import lay_out
from recast.charts.model import Figure
from recast.charts.paint import Paint, classes, colours
from recast.charts.paths import glyphs_data, short_px, strokes_data
from recast.charts.primitives import Box, Glyphs, Group, Item, Layout, Path, PlacedPanel, Words
from recast.charts.told import MOST_READ, MOST_STOPS, address, points_of, sentence
from recast.charts.words import runs, safe

__all__ = ["standalone", "svg"]

_LONGEST = 600
_UP_PX, _DOWN_PX = -4.5, 3.0


@dataclass(frozen=True, slots=True)
class _Pen:
    """How a chart is written: looks, the id that its own ids begin with, whether scripts and readers get its numbers,
    and whether the keyboard stops at each mark.
    """

    paint: Paint
    id: str
    read: bool
    by_stop: bool = False


def svg(figure: Figure, *, id: str) -> str:
    """Return the chart as an `<svg>` for a page: classes only, with its numbers for scripts.

    `id` is a name (letters, digits, hyphens) that nothing else on the page has.
    """
    return _document(figure, lay_out(figure), _Pen(classes, id, read=True))


def standalone(figure: Figure) -> str:
    """Return the chart as an SVG document of its own: title, caption and notes, and colours for white paper."""
    return _document(figure, lay_out(figure, with_words=True), _Pen(colours, "chart", read=False))


def _document(figure: Figure, layout: Layout, pen: _Pen) -> str:
    stops = sum(len(group.told) for panel in layout.panels for group in panel.groups)
    pen = replace(pen, by_stop=pen.read and 0 < stops <= MOST_STOPS)
    role, id = "graphics-document" if pen.by_stop else "img", escape(pen.id, {'"': "&quot;"})
    size = f'width="{layout.width:g}" height="{layout.height:g}" viewBox="0 0 {layout.width:g} {layout.height:g}"'
    paper = "" if pen.read else f'<rect width="100%" height="100%"{pen.paint("paper", "paper")}/>'
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg"{pen.paint("chart", "")} id="{id}" {size} role="{role}" ',
            f'aria-labelledby="{id}-t" aria-describedby="{id}-d">',
            f'<title id="{id}-t">{escape(safe(figure.title, _LONGEST))}</title>',
            f'<desc id="{id}-d">{escape(safe(" ".join((figure.words, *figure.notes)), _LONGEST))}</desc>',
            _defs(layout, pen),
            paper,
            *(_panel(panel, number, pen) for number, panel in enumerate(layout.panels)),
            *(_text(words, pen) for words in layout.words),
            "</svg>",
        ]
    )


def _defs(layout: Layout, pen: _Pen) -> str:
    clips = "".join(
        f"<clipPath id={quoteattr(f'{pen.id}-{number}')}>{_rectangle(panel.box)}</clipPath>"
        for number, panel in enumerate(layout.panels)
    )
    hatch = (
        f'<pattern id={quoteattr(pen.id + "-h")} width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M-1 7L7-1M-1 1L1-1M5 7L7 5"{pen.paint("hatch", "hatch")}/></pattern>'
    )
    return f"<defs>{clips}{hatch}</defs>"


def _rectangle(box: Box) -> str:
    x, y, across, down = map(short_px, (box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0))
    return f'<rect x="{x}" y="{y}" width="{across}" height="{down}"/>'


def _panel(panel: PlacedPanel, number: int, pen: _Pen) -> str:
    inside = "".join(_group(group, panel, pen) for group in panel.groups)
    return "".join(
        [
            f"<g{_scales(panel) if pen.read else ''}>",
            f"<g clip-path={quoteattr(f'url(#{pen.id}-{number})')}>{inside}</g>",
            *(f'<path{pen.paint(path.role, path.kind)} d="{strokes_data(path.strokes)}"/>' for path in panel.frame),
            *(_words(role, list(words), pen) for role, words in groupby(panel.words, lambda it: it.role)),
            *(_key(groups, items, pen) for groups, items in panel.keys),
            "</g>",
        ]
    )


def _scales(panel: PlacedPanel) -> str:
    """Return what a script needs to know of a panel: its box, its scales, the texts of its axes and categories."""
    box = " ".join(map(short_px, (panel.box.x0, panel.box.y0, panel.box.x1, panel.box.y1)))
    x, y = (f"{'log' if it.log else 'lin'} {it.low:.9g} {it.high:.9g}" for it in (panel.x, panel.y))
    names = quoteattr("|".join(safe(it).replace("|", "/") for it in (*panel.names, *panel.categories)))
    return f' class="panel" data-box="{box}" data-x="{x}" data-y="{y}" data-names={names}'


def _group(group: Group, panel: PlacedPanel, pen: _Pen) -> str:
    if not pen.read:
        return "".join(_item(item, pen) for item in group.items)
    told = points_of(group) if len(group.told) <= MOST_READ else ""
    names = quoteattr("|".join(safe(it).replace("|", "/") for it in group.names))
    data = f' data-names={names} data-points="{told}"' if told else ""
    start = f'<g class="series" data-label={quoteattr(safe(group.label))}{data}>'
    if pen.by_stop and group.told:
        bars = "".join(_item(item, pen) for item in group.items if isinstance(item, Path))
        return f"{start}{bars}{''.join(_stops(group, panel, pen))}</g>"
    return f"{start}{''.join(_item(item, pen) for item in group.items)}</g>"


def _stops(group: Group, panel: PlacedPanel, pen: _Pen) -> Iterator[str]:
    """Yield each mark as something the keyboard stops at: a link if it leads anywhere."""
    for mark, place, kind in group.told:
        words = sentence(mark, group, panel)
        shape = f'<path{pen.paint("mark", kind)} d="{glyphs_data(kind, [place])}"/><title>{escape(words)}</title>'
        if href := address(mark.href):
            yield f'<a class="stop" href={quoteattr(href)} aria-label={quoteattr(words)}>{shape}</a>'
        else:
            yield f'<g class="stop" tabindex="0" role="graphics-symbol" aria-label={quoteattr(words)}>{shape}</g>'


def _item(item: Item, pen: _Pen) -> str:
    if isinstance(item, Glyphs):
        look, data = pen.paint("mark", item.kind), glyphs_data(item.kind, item.places)
    else:
        look, data = pen.paint(item.role, item.kind), strokes_data(item.strokes)
        is_hatched = item.role == "area" and item.kind == "uncertainty"
        look += f" fill={quoteattr(f'url(#{pen.id}-h)')}" if is_hatched else ""
    return f'<path{look} d="{data}"/>' if data else ""


def _words(role: str, words: Sequence[Words], pen: _Pen) -> str:
    return f"<g{pen.paint('words', role)}>{''.join(_text(it, None) for it in words)}</g>"


def _key(groups: Sequence[int], items: Sequence[Item | Words], pen: _Pen) -> str:
    drawn = "".join(_text(it, pen) if isinstance(it, Words) else _item(it, pen) for it in items)
    return f'<g class="key" data-series="{" ".join(map(str, groups))}">{drawn}</g>' if pen.read else f"<g>{drawn}</g>"


def _text(words: Words, pen: _Pen | None) -> str:
    x, y = short_px(words.x), short_px(words.y)
    text = safe(words.text, _LONGEST)
    anchor = f' text-anchor="{words.anchor}"' if words.anchor != "start" else ""
    turn = f' transform="rotate({-words.turn:g} {x} {y})"' if words.turn else ""
    look = pen.paint("words", words.role) if pen else ""
    return f'<text{look} x="{x}" y="{y}"{anchor}{turn}>{_runs(text)}</text>'


def _runs(text: str) -> str:
    """Return a text with its indices and powers as shifted spans."""
    found, at = [], 0.0
    for piece, kind in runs(text):
        to = {"": 0.0, "^": _UP_PX, "_": _DOWN_PX}[kind]
        shift = f' dy="{short_px(to - at)}"' if to != at else ""
        size = ' font-size="9"' if kind else ""
        found.append(f"<tspan{shift}{size}>{escape(piece)}</tspan>" if shift or size else escape(piece))
        at = to
    return "".join(found)
