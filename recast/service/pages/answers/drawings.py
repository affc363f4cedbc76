"""Figures as pages show them: drawn, with the words below them, and with their numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from recast.charts import Figure, table
from recast.json_types import JsonValue, is_finite
from recast.results.numbers import short
from recast.service.pages.charted import charted

__all__ = ["Drawing", "drawings", "drawn"]

_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart on a page. `svg` is made by `recast.charts`, which escapes every text of a figure."""

    name: str
    title: str
    svg: Markup
    words: str
    caption: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: int


def drawn(name: str, figure: Figure, most: int = _MOST_ROWS) -> Drawing:
    """Return a figure as a page shows it; `name` is one that no other chart of the page has."""
    numbers = table(figure)
    rows = tuple(tuple(_cell(value) for value in row) for row in numbers.rows[:most])
    return Drawing(
        name,
        figure.title,
        charted(figure, id=f"chart-{name}"),
        figure.words,
        figure.caption,
        tuple(figure.notes),
        tuple(f"{it.name} [{it.unit}]" if it.unit else it.name for it in numbers.columns) if rows else (),
        rows,
        len(numbers.rows) - len(rows),
    )


def _cell(value: JsonValue) -> str:
    if isinstance(value, float):
        return short(value) if is_finite(value) else ""
    return "" if value is None else str(value)


def drawings(figures: Sequence[Figure], most: int = _MOST_ROWS) -> list[Drawing]:
    """Return several figures, by their numbers."""
    return [drawn(str(number), figure, most) for number, figure in enumerate(figures, 1)]
