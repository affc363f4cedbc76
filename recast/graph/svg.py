"""A drawing as SVG: one file with no script, no font and no link to anything outside.

Every box and arrow has its words beside its colour: states are counted in text, what is open is dashed and says what it
waits for, and `title`, `desc` and labels make it accessible to screen readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from recast.graph.faces import BAR_PX, LINE_PX, PAD_PX, SMALL_PX, STATES, TITLE_PX, TONES, NodeLabel
from recast.graph.layout import Picture, PlacedBox, PlacedWire, lay_out
from recast.graph.layout.route import Stroke
from recast.graph.model import Drawing, Group, Key, Node
from recast.graph.style import COLOURS, STYLE
from recast.graph.text import printable, shorten, width
from recast.graph.words import describe, sentence

__all__ = ["path_of_stroke", "svg"]

MARGIN_PX = 24.0
HEAD_PX = 50.0
LEGEND_PX = 34.0
LEAST_SHARE_PX = 3.0


def svg(drawing: Drawing) -> str:
    """Return the drawing as an SVG document."""
    picture = lay_out(drawing)
    legend = _legend(picture)
    heading = width(shorten(drawing.title, 80), 17, bold=True)
    across = max(picture.width, heading, width(shorten(drawing.subtitle, 120), SMALL_PX), legend[1])
    down = picture.height + HEAD_PX + (LEGEND_PX if legend[0] else 0)
    left = MARGIN_PX + (across - picture.width) / 2
    return "\n".join(
        [
            _root(across + 2 * MARGIN_PX, down + 2 * MARGIN_PX, drawing),
            f'<text class="heading" x="{MARGIN_PX:g}" y="{MARGIN_PX + 15:g}">{_text(drawing.title, 80)}</text>',
            f'<text class="small" x="{MARGIN_PX:g}" y="{MARGIN_PX + 34:g}">{_text(drawing.subtitle, 120)}</text>',
            f'<g transform="translate({left:.1f} {MARGIN_PX + HEAD_PX:.1f})">',
            *(_box(box) for box in picture.boxes if isinstance(box.item, Group)),
            *_wires(picture),
            *(_box(box) for box in picture.boxes if isinstance(box.item, Node)),
            "</g>",
            f'<g transform="translate({MARGIN_PX:g} {MARGIN_PX + HEAD_PX + picture.height + LEGEND_PX - 8:.1f})">',
            *legend[0],
            "</g>",
            "</svg>",
            "",
        ]
    )


def _root(across: float, down: float, drawing: Drawing) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="recast-graph" width="{across:.0f}" height="{down:.0f}" '
        f'viewBox="0 0 {across:.0f} {down:.0f}" role="graphics-document" '
        'aria-roledescription="workflow graph" aria-labelledby="recast-title" aria-describedby="recast-desc">\n'
        f'<title id="recast-title">{_text(drawing.title, 200)}</title>\n'
        f'<desc id="recast-desc">{escape(describe(drawing))}</desc>\n'
        f"<style>{STYLE}</style>\n"
        '<defs><marker id="recast-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 .8 7.5 4 0 7.2Z" class="head"/></marker></defs>\n'
        '<rect class="paper" width="100%" height="100%"/>'
    )


def _box(box: PlacedBox) -> str:
    face, item = box.face, box.item
    is_group = isinstance(item, Group)
    radius = 18 if face.tone == "init" else 10 if is_group else 7
    lines = [
        f'<g class="{"group" if is_group else "box"} {face.tone}" role="graphics-symbol" '
        f"aria-label={_quoted(sentence(item))} "
        f'transform="translate({box.x:.1f} {box.y:.1f})">',
        f"<title>{escape(sentence(item))}</title>",
        f'<rect class="outline" width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius}"/>',
    ]
    lines.extend(_group_words(face) if is_group else _node_words(box))
    if face.bar and isinstance(item, Node):
        lines.append(_bar(item, box))
    return "".join([*lines, "</g>"])


def _node_words(box: PlacedBox) -> Iterator[str]:
    """Yield the words of a box, in its middle from left to right."""
    face, middle = box.face, box.width / 2
    badge = 8 + _badge_width(face) if face.badge else 0.0
    heading = width(face.title, TITLE_PX, bold=True)
    start = middle - (heading + badge) / 2
    yield f'<text class="title" text-anchor="middle" x="{start + heading / 2:.1f}" y="23">{escape(face.title)}</text>'
    if face.badge:
        yield _badge(face, start + heading + 8)
    for number, line in enumerate(face.lines):
        y = 23 + LINE_PX * (number + 1)
        yield f'<text class="small" text-anchor="middle" x="{middle:.1f}" y="{y:g}">{escape(line)}</text>'


def _group_words(face: NodeLabel) -> Iterator[str]:
    yield f'<text class="title" x="{PAD_PX:g}" y="23">{escape(face.title)}</text>'
    if face.badge:
        yield _badge(face, PAD_PX + width(face.title, TITLE_PX, bold=True) + 8)
    for number, line in enumerate(face.lines):
        yield f'<text class="small" x="{PAD_PX:g}" y="{23 + LINE_PX * (number + 1):g}">{escape(line)}</text>'


def _badge_width(face: NodeLabel) -> float:
    return width(face.badge, SMALL_PX, bold=True) + 12


def _badge(face: NodeLabel, x: float) -> str:
    across = _badge_width(face)
    return (
        f'<rect class="badge" x="{x:.1f}" y="9.5" width="{across:.1f}" height="18" rx="9"/>'
        f'<text class="count" text-anchor="middle" x="{x + across / 2:.1f}" y="22.5">{escape(face.badge)}</text>'
    )


def _bar(node: Node, box: PlacedBox) -> str:
    """Return the strip at the foot of a box: each state as long as its share of the steps, and never too short."""
    states = [state for state in STATES if node.states.get(state)]
    spare = box.width - 2 * PAD_PX - len(states) * LEAST_SHARE_PX
    pieces, x, y = [], PAD_PX, box.height - 10 - BAR_PX
    for state in states:
        share = LEAST_SHARE_PX + spare * node.states[state] / node.count
        colour = COLOURS[TONES[state]]
        pieces.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{share:.1f}" height="{BAR_PX:g}" fill="{colour}"/>')
        x += share
    return f'<g class="bar">{"".join(pieces)}</g>'


def _wires(picture: Picture) -> Iterator[str]:
    titles = {box.item.key: printable(box.item.title) for box in picture.boxes}
    for wire in picture.wires:
        if not wire.strokes:
            continue
        paths = "".join(_path(stroke) for stroke in wire.strokes)
        yield f'<g class="wire"><title>{escape(_wire_words(wire, titles))}</title>{paths}</g>'


def _wire_words(wire: PlacedWire, titles: dict[Key, str]) -> str:
    ends = ", ".join(titles[end] for end in wire.ends)
    return f"from {titles[wire.source]}" + (f" to {ends}" if ends else "")


def path_of_stroke(stroke: Stroke) -> str:
    """Return a piece of an arrow as the data of a path."""
    x1, x2, y2 = f"{stroke.x1:.1f}", f"{stroke.x2:.1f}", f"{stroke.y2:.1f}"
    middle = f"{(stroke.y_bend + stroke.y2) / 2:.1f}"
    is_straight = abs(stroke.x1 - stroke.x2) < 0.5
    curve = f"V{y2}" if is_straight else f"V{stroke.y_bend:.1f}C{x1} {middle} {x2} {middle} {x2} {y2}"
    return f"M{x1} {stroke.y1:.1f}{curve}"


def _path(stroke: Stroke) -> str:
    head = ' marker-end="url(#recast-head)"' if stroke.arrow else ""
    dashes = "" if stroke.known else ' class="written"'
    return f'<path d="{path_of_stroke(stroke)}"{dashes}{head}/>'


def _legend(picture: Picture) -> tuple[list[str], float]:
    """Return the legend of what the picture shows, and how wide it is."""
    nodes = [box.item for box in picture.boxes if isinstance(box.item, Node) and box.face.bar]
    shown: Sequence[str] = [state for state in STATES if any(node.states.get(state) for node in nodes)]
    pieces, x = [], 0.0
    for state in shown:
        pieces.append(f'<rect x="{x:.1f}" y="-9" width="10" height="10" rx="2" fill="{COLOURS[TONES[state]]}"/>')
        pieces.append(f'<text class="small" x="{x + 15:.1f}" y="0">{state}</text>')
        x += 15 + width(state, SMALL_PX) + 18
    if any(box.face.tone == "open" for box in picture.boxes):
        pieces.append(f'<rect class="dashes" x="{x + 0.5:.1f}" y="-9.5" width="20" height="11" rx="3"/>')
        pieces.append(f'<text class="small" x="{x + 27:.1f}" y="0">not expanded yet</text>')
        x += 27 + width("not expanded yet", SMALL_PX)
    return pieces, x


def _text(text: str, longest: int) -> str:
    return escape(shorten(text, longest))


def _quoted(text: str) -> str:
    return quoteattr(text)
