"""Charts as HTML of a page: what `recast.charts` draws, which escapes every text of a figure itself."""

from __future__ import annotations

from markupsafe import Markup

from recast.charts import Figure, svg

__all__ = ["charted"]


def charted(figure: Figure, id: str) -> Markup:
    """Return a chart for a template; `id` is a name that nothing else on the page has."""
    return Markup(svg(figure, id=id))  # noqa: S704 - every text of a figure is escaped where it is drawn
