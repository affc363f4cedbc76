"""One level of a layout: items of given sizes and the wires between them; no nesting.

A wire carries all arrows of one source, so that they share a trunk. It starts at an item, or enters from above; it
ends at items, and may leave below.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["Item", "Level", "Link", "Rows", "Wire"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something to place. Lengths in px. Ports are fixed offsets from its middle, by wire; the others are free."""

    width: float
    height: float
    out_ports: Mapping[int, float] = field(default_factory=dict)
    in_ports: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wire:
    """`start` is an item's number, None for a wire from above. `leaves` says that it goes on below."""

    start: int | None
    ends: tuple[int, ...]
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """What is to be laid out; `title_width` keeps room at the left of the wires that enter."""

    items: Sequence[Item]
    wires: Sequence[Wire]
    title_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of a wire between two neighbouring rows, from cell to cell. Ports as offsets from the cells' middles.

    `weight` is how much it wants to be straight.
    """

    wire: int
    upper: int
    lower: int
    out_port: float = 0.0
    in_port: float = 0.0
    weight: float = 1.0


@dataclass(slots=True)
class Rows:
    """Cells in rows, from above. A cell is an item (its number), or stands for a wire that passes (None).

    The first row is where wires enter, the last where they leave; both may be empty.
    """

    rows: list[list[int]]
    row_of: list[int]
    item_of: list[int | None]
    wire_of: list[int | None]
    width_of: list[float]
    links: list[Link]
