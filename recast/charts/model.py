"""What a chart is: panels of axes and series with semantic kinds, and the same numbers as a table; pure data.

Numbers may be anything that a stranger wrote: NaN and infinity are left out where they are drawn. Texts may hold
`_{...}` and `^{...}` for indices and powers, and nothing else that is interpreted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = [
    "KINDS",
    "XY",
    "Axis",
    "Band",
    "Column",
    "Figure",
    "Level",
    "Line",
    "Mark",
    "Marks",
    "Panel",
    "Series",
    "Steps",
    "Table",
]

Scale: TypeAlias = Literal["linear", "log"]
XY: TypeAlias = tuple[float, float]

KINDS = (
    "contour", "observed", "expected", "expected-1", "band-1", "band-2", "published", "theory",
    "excluded", "allowed", "undecided", "failed", "open",
    "data", "no-data", "background", "uncertainty", "signal", "cut",
    "other-1", "other-2", "other-3", "level", "axis", "bin",
)  # fmt: skip
"""What a series is, in the order of legends.

The kind decides colour, dash and symbol in every theme (`recast.charts.style`), and is its CSS class. `contour` is the
observed line in a plane, `other-1` to `other-3` are further requests or versions beside the first; `bin` marks cannot
be seen, but read: each holds the numbers of one place.
"""


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its label with unit, `linear` or `log`. `low` and `high` are its range, None to fit the numbers.

    With `names` it has categories: the first is at 0, the second at 1.
    """

    label: str
    unit: str = ""
    scale: Scale = "linear"
    low: float | None = None
    high: float | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A symbol at a place, with an error bar from `low` to `high` if it has them.

    `values` are further numbers of it (named by `Marks.names`), `words` what is read out of it beyond its numbers,
    `href` where it leads. `bound` says that the true value is only known to be below (or above) the mark.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    values: tuple[float | None, ...] = ()
    words: str = ""
    href: str = ""
    bound: Literal["", "below", "above"] = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """Symbols of one kind; `label` is its text in the legend, none if empty.

    If there are `names` of its values, a reader can go from mark to mark and have each read out.
    """

    kind: str
    marks: tuple[Mark, ...]
    label: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points; it has a gap at a point that is no number."""

    kind: str
    points: tuple[XY, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """The area between two lines over the same x; a box at a single x."""

    kind: str
    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """Values of bins: n + 1 edges, n values. An outline, or with `base` the area from there to the values."""

    kind: str
    edges: tuple[float, ...]
    values: tuple[float, ...]
    label: str = ""
    base: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """A line across the whole panel at one y, such as CLs = 0.05."""

    kind: str
    y: float
    label: str = ""


Series: TypeAlias = Marks | Line | Band | Steps | Level


@dataclass(frozen=True, slots=True)
class Panel:
    """Series in one frame, drawn in their order. `below` hangs it under the panel before, with the same x axis.

    `width` and `height` are shares of a usual panel. `words` stand in the panel below the legend, such as why there is
    no line.
    """

    x: Axis
    y: Axis
    series: tuple[Series, ...]
    title: str = ""
    width: float = 1.0
    height: float = 1.0
    below: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, with the unit of its numbers."""

    name: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of numbers and texts; None where there is no value."""

    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart: its title, its panels, a sentence for who cannot see it (`words`), and its numbers.

    `caption` and `notes` are texts below: what was assumed, what was left out, why there is no line.
    """

    title: str
    panels: tuple[Panel, ...]
    words: str = ""
    caption: str = ""
    notes: tuple[str, ...] = ()
    table: Table = field(default_factory=Table)
