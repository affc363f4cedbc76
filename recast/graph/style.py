"""The colours of drawings: distinguishable with colour blindness, readable on white, and never the only cue."""

from __future__ import annotations

__all__ = ["COLOURS", "FILLS", "STYLE"]

COLOURS = {
    "succeeded": "#1a7f5a",
    "cached": "#1f6feb",
    "running": "#c27c0e",
    "submitted": "#dcae57",
    "ready": "#8c959f",
    "waiting": "#bcc4cc",
    "cancelled": "#57606a",
    "failed": "#c4320a",
    "plain": "#3d5a80",
    "init": "#8c959f",
    "open": "#8c959f",
    "group": "#afb8c1",
}
"""The border of a box, and its state in a bar, by tone."""

FILLS = {
    "succeeded": "#e8f5ef",
    "cached": "#e8f1fe",
    "running": "#fdf3dc",
    "submitted": "#fdf3dc",
    "ready": "#f6f8fa",
    "waiting": "#f6f8fa",
    "cancelled": "#eef0f2",
    "failed": "#fdece6",
    "plain": "#eef3f9",
    "init": "#f6f8fa",
    "open": "#ffffff",
    "group": "#fbfcfd",
}
"""The inside of a box, by tone."""

_FONTS = "'Helvetica Neue',Helvetica,Arial,'Liberation Sans','DejaVu Sans',sans-serif"

_RULES = {
    "text": f"font-family:{_FONTS};fill:#1f2328",
    ".paper": "fill:#fff",
    ".heading": "font-size:17px;font-weight:700",
    ".title": "font-size:14px;font-weight:600",
    ".small": "font-size:11.5px;fill:#57606a",
    ".count": "font-size:11.5px;font-weight:600",
    ".outline": "stroke-width:1.3",
    **{f".{tone}>.outline": f"stroke:{COLOURS[tone]};fill:{FILLS[tone]}" for tone in COLOURS},
    ".failed>.outline": f"stroke:{COLOURS['failed']};fill:{FILLS['failed']};stroke-width:2.4",
    ".open>.outline": f"stroke:{COLOURS['open']};fill:{FILLS['open']};stroke-dasharray:5 4",
    ".dashes": "fill:#fff;stroke:#8c959f;stroke-dasharray:5 4",
    ".badge": "fill:#fff;fill-opacity:.85;stroke:#d0d7de",
    ".wire path": "fill:none;stroke:#6e7781;stroke-width:1.4",
    ".wire .written": "stroke-dasharray:5 4",
    ".head": "fill:#6e7781",
}

STYLE = "".join(f".recast-graph {selector}{{{rule}}}" for selector, rule in _RULES.items())
"""The style sheet; it does not affect the rest of a page that contains the drawing."""
