"""Parts of an SVG drawing: no script, no font, no link to anything outside."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import escape, quoteattr

from recast.graph.text import printable, shorten

__all__ = ["BLACK", "BLUE", "FONT", "GREY", "LIGHT", "RED", "circle", "document", "line", "path", "rectangle", "text"]

BLUE, RED, BLACK, GREY, LIGHT = "#4477aa", "#c4320a", "#1f2328", "#57606a", "#d0d7de"
"""Of the reference, of this commit, of text, of small text, of grids; told apart with colour blindness too."""
FONT = "Helvetica Neue,Helvetica,Arial,Liberation Sans,DejaVu Sans,sans-serif"


def document(width: float, height: float, title: str, description: str, parts: Iterable[str]) -> str:
    """Return a drawing of a size in px, with a title and a description for those who do not see it."""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-family={quoteattr(FONT)}>'
    )
    words = [f"<title>{escape(printable(title))}</title>", f"<desc>{escape(printable(description))}</desc>"]
    paper = f'<rect width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    return "\n".join([head, *words, paper, *parts, "</svg>", ""])


def text(
    x: float, y: float, words: str, *, size: float = 12, anchor: str = "start", colour: str = BLACK,
    most: int = 80, bold: bool = False, turned: float = 0.0,
) -> str:  # fmt: skip
    """Return one line of text; its middle is left out if it is too long."""
    weight = ' font-weight="600"' if bold else ""
    turn = f' transform="rotate({turned:g} {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{colour}" text-anchor="{anchor}"{weight}{turn}>'
        f"{escape(shorten(words, most))}</text>"
    )


def line(x1: float, y1: float, x2: float, y2: float, colour: str = BLACK, width: float = 1.0, dashes: str = "") -> str:
    """Return a straight line."""
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    stroke = f'stroke="{colour}" stroke-width="{width:g}"{dashed}'
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" {stroke}/>'


def rectangle(x: float, y: float, width: float, height: float, fill: str, opacity: float = 1.0) -> str:
    """Return a filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="{max(height, 0.0):.1f}" fill="{fill}" '
        f'fill-opacity="{opacity:g}"/>'
    )


def path(points: Iterable[tuple[float, float]], colour: str, width: float = 1.6, dashes: str = "") -> str:
    """Return lines from point to point."""
    steps = " L ".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<path d="M {steps}" fill="none" stroke="{colour}" stroke-width="{width:g}"{dashed}/>'


def circle(x: float, y: float, radius: float, fill: str, stroke: str = "none") -> str:
    """Return a dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{fill}" stroke="{stroke}"/>'
