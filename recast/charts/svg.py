"""A chart as SVG: for a page, whose stylesheet has the colours, or as a file with the colours inside; pure.

No script, style, font or address of another host. Coordinates of what is drawn are absolute in `M` and `L`, those of
symbols relative to their place: a script that zooms moves the absolute ones alone, and symbols keep their size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from recast.charts.layout import lay_out
from recast.charts.model import XY, Figure
from recast.charts.paint import Paint, classes, colours
from recast.charts.primitives import Box, Glyphs, Group, Item, Layout, Path, PlacedPanel, Words
from recast.charts.style import GLYPHS, MARKS
from recast.charts.told import MOST_READ, MOST_STOPS, address, points_of, sentence
from recast.charts.words import runs, safe

__all__ = ["standalone", "svg"]

_LONGEST = 600
_UP_PX, _DOWN_PX = -4.5, 3.0


def svg(figure: Figure, *, id: str) -> str:
    """Return the chart as an `<svg>` for a page: classes only, with its numbers for scripts.

    `id` is a name (letters, digits, hyphens) that nothing else on the page has.
    """
    return _document(figure, lay_out(figure), classes, id, read=True)


def standalone(figure: Figure) -> str:
    """Return the chart as an SVG document of its own: title, caption and notes, and colours for white paper."""
    return _document(figure, lay_out(figure, with_words=True), colours, "chart", read=False)


def _document(figure: Figure, layout: Layout, paint: Paint, id: str, *, read: bool) -> str:
    stops = sum(len(group.told) for panel in layout.panels for group in panel.groups)
    by_stop = read and 0 < stops <= MOST_STOPS
    role = "graphics-document" if by_stop else "img"
    size = f'width="{layout.width:g}" height="{layout.height:g}" viewBox="0 0 {layout.width:g} {layout.height:g}"'
    paper = "" if read else f'<rect width="100%" height="100%"{paint("paper", "paper")}/>'
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg"{paint("chart", "")} id={quoteattr(id)} {size} role="{role}" ',
            f'aria-labelledby="{escape(id)}-t" aria-describedby="{escape(id)}-d">',
            f'<title id="{escape(id)}-t">{escape(safe(figure.title, _LONGEST))}</title>',
            f'<desc id="{escape(id)}-d">{escape(safe(" ".join((figure.words, *figure.notes)), _LONGEST))}</desc>',
            _defs(layout, paint, id),
            paper,
            *(
                _panel(panel, number, paint, id, read=read, by_stop=by_stop)
                for number, panel in enumerate(layout.panels)
            ),
            *(_text(words, paint) for words in layout.words),
            "</svg>",
        ]
    )


def _defs(layout: Layout, paint: Paint, id: str) -> str:
    clips = "".join(
        f'<clipPath id="{escape(id)}-{number}">{_rectangle(panel.box)}</clipPath>'
        for number, panel in enumerate(layout.panels)
    )
    hatch = (
        f'<pattern id="{escape(id)}-h" width="6" height="6" patternUnits="userSpaceOnUse">'
        f'<path d="M-1 7L7-1M-1 1L1-1M5 7L7 5"{paint("hatch", "hatch")}/></pattern>'
    )
    return f"<defs>{clips}{hatch}</defs>"


def _rectangle(box: Box) -> str:
    return f'<rect x="{_n(box.x0)}" y="{_n(box.y0)}" width="{_n(box.x1 - box.x0)}" height="{_n(box.y1 - box.y0)}"/>'


def _panel(panel: PlacedPanel, number: int, paint: Paint, id: str, *, read: bool, by_stop: bool) -> str:
    inside = "".join(_group(group, panel, paint, id, read=read, by_stop=by_stop) for group in panel.groups)
    return "".join(
        [
            f"<g{_scales(panel) if read else ''}>",
            f'<g clip-path="url(#{escape(id)}-{number})">{inside}</g>',
            *(f"<path{paint(path.role, path.kind)} d={quoteattr(_strokes(path.strokes))}/>" for path in panel.frame),
            *(_words(role, list(words), paint) for role, words in groupby(panel.words, lambda it: it.role)),
            *(_key(groups, items, paint, id, read=read) for groups, items in panel.keys),
            "</g>",
        ]
    )


def _scales(panel: PlacedPanel) -> str:
    """Return what a script needs to know of a panel: its box, its scales, the texts of its axes and categories."""
    box = " ".join(map(_n, (panel.box.x0, panel.box.y0, panel.box.x1, panel.box.y1)))
    x, y = (f"{'log' if it.log else 'lin'} {it.low:.9g} {it.high:.9g}" for it in (panel.x, panel.y))
    names = quoteattr("|".join(safe(it).replace("|", "/") for it in (*panel.names, *panel.categories)))
    return f' class="panel" data-box="{box}" data-x="{x}" data-y="{y}" data-names={names}'


def _group(group: Group, panel: PlacedPanel, paint: Paint, id: str, *, read: bool, by_stop: bool) -> str:
    if not read:
        return "".join(_item(item, paint, id) for item in group.items)
    told = points_of(group) if len(group.told) <= MOST_READ else ""
    names = quoteattr("|".join(safe(it).replace("|", "/") for it in group.names))
    data = f' data-names={names} data-points="{told}"' if told else ""
    start = f'<g class="series" data-label={quoteattr(safe(group.label))}{data}>'
    if by_stop and group.told:
        bars = "".join(_item(item, paint, id) for item in group.items if isinstance(item, Path))
        return f"{start}{bars}{''.join(_stops(group, panel, paint))}</g>"
    return f"{start}{''.join(_item(item, paint, id) for item in group.items)}</g>"


def _stops(group: Group, panel: PlacedPanel, paint: Paint) -> Iterator[str]:
    """Yield each mark as something the keyboard stops at: a link if it leads anywhere."""
    for mark, place, kind in group.told:
        words = sentence(mark, group, panel)
        shape = f"<path{paint('mark', kind)} d={quoteattr(_glyphs(kind, [place]))}/><title>{escape(words)}</title>"
        if href := address(mark.href):
            yield f'<a class="stop" href={quoteattr(href)} aria-label={quoteattr(words)}>{shape}</a>'
        else:
            yield f'<g class="stop" tabindex="0" role="graphics-symbol" aria-label={quoteattr(words)}>{shape}</g>'


def _item(item: Item, paint: Paint, id: str) -> str:
    if isinstance(item, Glyphs):
        return (
            f"<path{paint('mark', item.kind)} d={quoteattr(_glyphs(item.kind, item.places))}/>" if item.places else ""
        )
    hatched = f' fill="url(#{escape(id)}-h)"' if item.role == "area" and item.kind == "uncertainty" else ""
    return (
        f"<path{paint(item.role, item.kind)}{hatched} d={quoteattr(_strokes(item.strokes))}/>" if item.strokes else ""
    )


def _strokes(strokes: Sequence[Sequence[XY]]) -> str:
    """Return strokes as the data of a path."""
    found = []
    for stroke in strokes:
        closed = len(stroke) > 2 and stroke[0] == stroke[-1]
        places = [f"{_n(x)} {_n(y)}" for x, y in (stroke[:-1] if closed else stroke)]
        found.append(f"M{places[0]}L{' '.join(places[1:])}{'Z' if closed else ''}")
    return "".join(found)


def _glyphs(kind: str, places: Sequence[XY]) -> str:
    """Return symbols as the data of a path, relative to their places."""
    shape = _shape(kind)
    return "".join(f"M{_n(x)} {_n(y)}{shape}" for x, y in places)


def _shape(kind: str) -> str:
    found, at = [], (0.0, 0.0)
    for stroke in GLYPHS[MARKS[kind][0]]:
        closed = len(stroke) > 2 and stroke[0] == stroke[-1]
        for number, place in enumerate(stroke[:-1] if closed else stroke):
            step = place[0] - at[0], place[1] - at[1]
            if step != (0.0, 0.0) or number:
                found.append(f"{'l' if number else 'm'}{_n(step[0])} {_n(step[1])}")
            at = place
        if closed:
            found.append("z")
            at = stroke[0]
    return "".join(found).replace("l0 0", "h0")


def _words(role: str, words: Sequence[Words], paint: Paint) -> str:
    return f"<g{paint('words', role)}>{''.join(_text(it, None) for it in words)}</g>"


def _key(groups: Sequence[int], items: Sequence[Item | Words], paint: Paint, id: str, *, read: bool) -> str:
    drawn = "".join(_text(it, paint) if isinstance(it, Words) else _item(it, paint, id) for it in items)
    return f'<g class="key" data-series="{" ".join(map(str, groups))}">{drawn}</g>' if read else f"<g>{drawn}</g>"


def _text(words: Words, paint: Callable[[str, str], str] | None) -> str:
    x, y = _n(words.x), _n(words.y)
    text = safe(words.text, _LONGEST)
    anchor = f' text-anchor="{words.anchor}"' if words.anchor != "start" else ""
    turn = f' transform="rotate({-words.turn:g} {x} {y})"' if words.turn else ""
    look = paint("words", words.role) if paint else ""
    return f'<text{look} x="{x}" y="{y}"{anchor}{turn}>{_runs(text)}</text>'


def _runs(text: str) -> str:
    """Return a text with its indices and powers as shifted spans."""
    found, at = [], 0.0
    for piece, kind in runs(text):
        to = {"": 0.0, "^": _UP_PX, "_": _DOWN_PX}[kind]
        shift = f' dy="{_n(to - at)}"' if to != at else ""
        size = ' font-size="9"' if kind else ""
        found.append(f"<tspan{shift}{size}>{escape(piece)}</tspan>" if shift or size else escape(piece))
        at = to
    return "".join(found)


def _n(value: float) -> str:
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text
