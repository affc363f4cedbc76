"""How each kind of series looks: colours for paper and for dark screens, dashes, symbols; pure.

Following the searches' publications: bands green and yellow, dashed what is expected, solid what is observed. A kind
always differs in more than its colour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["AREAS", "DARK", "GLYPHS", "LIGHT", "LINES", "MARKS", "WORDS", "Look", "stylesheet"]

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff", "ink": "#111111", "quiet": "#5c6570", "grey": "#7d858e", "red": "#c0392b", "blue": "#1f4e9c",
    "violet": "#7b3fa0", "teal": "#0b7a75", "green": "#5bbf6a", "yellow": "#ffd84d", "field": "#b8c4d6",
}  # fmt: skip
"""Name of a colour -> its value on paper."""

DARK: Mapping[str, str] = {
    "paper": "#14181d", "ink": "#e9edf1", "quiet": "#a5b0bc", "grey": "#98a3ae", "red": "#ff8a7d", "blue": "#8cb8ff",
    "violet": "#cfa6ee", "teal": "#5fd3cb", "green": "#2f8246", "yellow": "#8f7a1f", "field": "#46566c",
}  # fmt: skip
"""The same on a dark screen."""


@dataclass(frozen=True, slots=True)
class Look:
    """Colours by name, None for none; widths in px, dashes as in SVG."""

    stroke: str | None = None
    width: float = 1.0
    dash: str = ""
    fill: str | None = None
    is_round: bool = False


LINES: Mapping[str, Look] = {
    "contour": Look("red", 2.5),
    "observed": Look("ink", 1.6),
    "expected": Look("ink", 1.8, "7 4"),
    "expected-1": Look("ink", 1.3, "2 3"),
    "published": Look("blue", 2.0, "12 3"),
    "theory": Look("red", 2.0),
    "level": Look("red", 1.3, "10 3 2 3"),
    "signal": Look("red", 2.0),
    "axis": Look("ink", 0.8),
    "bar": Look("ink", 1.3),
    "other-1": Look("blue", 1.6, "9 3"),
    "other-2": Look("violet", 1.6, "4 3"),
    "other-3": Look("teal", 1.6, "9 3 3 3"),
}
"""Lines, and the outlines of steps."""

AREAS: Mapping[str, Look] = {
    "band-1": Look(fill="green"),
    "band-2": Look(fill="yellow"),
    "background": Look("quiet", 0.8, fill="field"),
    "cut": Look("quiet", 0.8, fill="field"),
    "uncertainty": Look(fill="hatch"),
}

MARKS: Mapping[str, tuple[str, Look]] = {
    "excluded": ("dot", Look("grey", 7.0, is_round=True)),
    "allowed": ("cross", Look("grey", 1.6)),
    "undecided": ("diamond", Look("grey", 1.5, fill="paper")),
    "failed": ("square", Look("red", 1.6, fill="paper")),
    "open": ("ring", Look("grey", 1.0, fill="paper")),
    "observed": ("dot", Look("ink", 7.0, is_round=True)),
    "data": ("dot", Look("ink", 7.0, is_round=True)),
    "cut": ("dot", Look("ink", 3.0, is_round=True)),
    "no-data": ("down", Look("ink", 1.2, fill="paper")),
    "expected": ("dash", Look("ink", 2.2)),
    "theory": ("dash", Look("red", 2.2)),
    "below": ("down", Look("ink", 1.2, fill="ink")),
    "above": ("up", Look("ink", 1.2, fill="ink")),
    "bin": ("none", Look(None, 12.0, is_round=True)),
    "other-1": ("square", Look("blue", 1.6, fill="paper")),
    "other-2": ("diamond", Look("violet", 1.6, fill="paper")),
    "other-3": ("up", Look("teal", 1.6, fill="paper")),
}
"""Kind -> shape and look of its symbols."""

WORDS: Mapping[str, tuple[str, float, int]] = {
    "tick": ("ink", 12.0, 0), "name": ("ink", 11.0, 0), "label": ("ink", 13.0, 0), "legend": ("ink", 12.0, 0),
    "title": ("ink", 12.0, 600), "note": ("quiet", 11.5, 0), "heading": ("ink", 15.0, 700),
}  # fmt: skip
"""Role of a text -> colour, size in px, weight."""

GLYPHS: Mapping[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "dot": (((0, 0), (0, 0)),),
    "none": (((0, 0), (0, 0)),),
    "cross": (((-3.5, -3.5), (3.5, 3.5)), ((3.5, -3.5), (-3.5, 3.5))),
    "dash": (((-9, 0), (9, 0)),),
    "diamond": (((0, -5), (5, 0), (0, 5), (-5, 0), (0, -5)),),
    "square": (((-4, -4), (4, -4), (4, 4), (-4, 4), (-4, -4)),),
    "ring": (((-2, -1), (-1, -2), (1, -2), (2, -1), (2, 1), (1, 2), (-1, 2), (-2, 1), (-2, -1)),),
    "down": (((-5, -4), (5, -4), (0, 5), (-5, -4)),),
    "up": (((-5, 4), (5, 4), (0, -5), (-5, 4)),),
}
"""Shapes as strokes around a point, in px; one that ends where it begins is closed."""

_FORCED = dict.fromkeys(("paper", "green", "yellow", "field"), "Canvas")


def stylesheet() -> str:
    """Return the rules for charts on pages: a colour is a custom property, and changes with the theme."""
    dark = _variables(DARK)
    forced = _variables({name: _FORCED.get(name, "CanvasText") for name in LIGHT})
    return "\n".join(
        [
            f".chart {{ {_variables(LIGHT)} }}",
            f"@media screen and (prefers-color-scheme: dark) {{ .chart {{ {dark} }} }}",
            f"@media (forced-colors: active) {{ .chart {{ {forced} forced-color-adjust: none; }} }}",
            *(
                f".chart .words.{role} {{ fill: var(--c-{colour}); font-size: {size:g}px;"
                f"{f' font-weight: {weight};' if weight else ''} }}"
                for role, (colour, size, weight) in WORDS.items()
            ),
            *(f".chart .line.{kind} {{ {_rule(look)} }}" for kind, look in LINES.items()),
            *(f".chart .area.{kind} {{ {_rule(look)} }}" for kind, look in AREAS.items()),
            "@media (forced-colors: active) { .chart .area { stroke: CanvasText; stroke-width: 1; } "
            ".chart .area.band-2 { stroke-dasharray: 2 3; } }",
            *(f".chart .mark.{kind} {{ {_rule(look)} }}" for kind, (_, look) in MARKS.items()),
        ]
    )


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--c-{name}: {value};" for name, value in colours.items())


def _rule(look: Look) -> str:
    parts = [f"stroke: var(--c-{look.stroke});" if look.stroke else "", f"stroke-width: {look.width:g};"]
    parts += [f"stroke-dasharray: {look.dash};" if look.dash else "", "stroke-linecap: round;" if look.is_round else ""]
    if look.fill and look.fill != "hatch":
        parts.append(f"fill: var(--c-{look.fill});")
    return " ".join(filter(None, parts))
