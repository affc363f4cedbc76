"""What a chart is drawn of: strokes, symbols and texts at places in px, from the top left; pure data.

`svg.py` and `raster.py` draw the same primitives, so a picture on a page and in a file are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from recast.charts.model import XY, Mark
from recast.charts.scale import Scale

__all__ = ["Box", "Glyphs", "Group", "Item", "Layout", "Path", "PlacedPanel", "Words"]

Role: TypeAlias = Literal["line", "area", "frame", "tick", "minor"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in px; `y0` is its top."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Path:
    """Strokes of one look; one that ends where it begins is closed."""

    role: Role
    kind: str
    strokes: tuple[tuple[XY, ...], ...]


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The symbol of a kind of marks, at places."""

    kind: str
    places: tuple[XY, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """A text; `turn` is in degrees, counter-clockwise."""

    role: str
    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    turn: float = 0.0


Item: TypeAlias = Path | Glyphs


@dataclass(frozen=True, slots=True)
class Group:
    """What is drawn of one series. `told` are the marks that one can point at, with their places and symbols."""

    kind: str
    label: str
    items: tuple[Item, ...]
    names: tuple[str, ...] = ()
    told: tuple[tuple[Mark, XY, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PlacedPanel:
    """A panel in its place: the box of its frame, its scales, its groups (clipped to the box), frame, texts, legend.

    `keys` are the entries of the legend: the indexes of its groups, and what is drawn for it.
    """

    box: Box
    x: Scale
    y: Scale
    names: tuple[str, str]
    """The texts of the axes, with units."""
    groups: tuple[Group, ...]
    frame: tuple[Path, ...]
    words: tuple[Words, ...]
    keys: tuple[tuple[tuple[int, ...], tuple[Item | Words, ...]], ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A chart in its places; `words` are the texts outside of all panels."""

    width: float
    height: float
    panels: tuple[PlacedPanel, ...]
    words: tuple[Words, ...] = ()
