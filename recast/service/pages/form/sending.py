"""The form as its fields: what a browser has sent, and the names that a page gives them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recast.desk.points import MOST_AXES
from recast.service.pages.form.held import MOST_COLUMNS, MOST_ROWS, TEXTS, Axis, Column, Held
from recast.service.pages.posted.sent import Sent

__all__ = ["cell_name", "file_name", "held_by"]

_PARTS = ("name", "start", "stop", "number", "values")
_CELL = re.compile(r"cell-(\d{1,3})-(\d{1,2})")
_COLUMN = re.compile(r"(coordinates|inputs)\.(.+)", re.DOTALL)


def cell_name(row: int, column: int) -> str:
    """Return the name of the field of a cell, which is also its place."""
    return f"cell-{row}-{column}"


def file_name(row: int, column: int) -> str:
    """Return the name of the field for a file in a cell's place."""
    return f"file-{row}-{column}"


def held_by(sent: Sent) -> Held:
    """Return what the form held when it was sent; fields of others, and more than it can have, are nothing of it."""
    columns = tuple(_columns(sent.texts("column")))
    found = {match[0]: sent.text(name) for name in sent.fields if (match := _CELL.fullmatch(name))}
    rows = 1 + max((int(name.split("-")[1]) for name in found), default=-1)
    return Held(
        {name: sent.text(name) for name in TEXTS if name in sent.fields},
        tuple(_axes(sent)),
        columns,
        tuple(
            tuple(found.get(cell_name(row, column), "") for column in range(len(columns)))
            for row in range(min(rows, MOST_ROWS))
        ),
        sent.text("table"),
    )


def _columns(names: tuple[str, ...]) -> Iterator[Column]:
    for name in dict.fromkeys(names[:MOST_COLUMNS]):
        if found := _COLUMN.fullmatch(name):
            yield Column(found[1], found[2])


def _axes(sent: Sent) -> Iterator[Axis]:
    many = [sent.texts(f"axis-{part}") for part in _PARTS]
    for place in range(min(MOST_AXES, max(map(len, many)))):
        yield Axis(*(texts[place] if place < len(texts) else "" for texts in many))
