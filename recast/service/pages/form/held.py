"""What the form holds: texts as they were typed, whether anything can be made of them yet or not. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "TEXTS", "Axis", "Column", "Held"]

TEXTS = ("analysis", "version", "wanted", "title", "reason", "model", "audience")
MOST_ROWS = 50
"""Beyond so many points the form has one table as text in place of a field for each value."""

MOST_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class Axis:
    """A coordinate with the values that a grid takes: from, to and how many of them, or a list."""

    name: str = ""
    start: str = ""
    stop: str = ""
    number: str = ""
    values: str = ""

    @property
    def has_values(self) -> bool:
        """Whether something was said of its values."""
        return any(it.strip() for it in (self.start, self.stop, self.number, self.values))

    @property
    def is_empty(self) -> bool:
        """Whether nothing was said at all."""
        return not self.name.strip() and not self.has_values


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the rows: of a coordinate, or (`of` is `inputs`) of an input."""

    of: str
    name: str


@dataclass(frozen=True, slots=True)
class Held:
    """The content of the form. Points are rows of cells, or a `table`: CSV, or a list in YAML."""

    texts: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[Axis, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    table: str = ""

    def text(self, name: str) -> str:
        """Return a text without the spaces around it."""
        return self.texts.get(name, "").strip()
