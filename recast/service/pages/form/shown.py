"""The form as its page shows it: fields with their faults, rows of cells, and what each column takes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from recast.json_types import is_finite
from recast.service.pages.form.fields import InputField
from recast.service.pages.form.held import Axis, Column, Held
from recast.service.pages.form.sending import cell_name, file_name

__all__ = ["ShownForm", "shown_form"]

_NOWHERE = "points"
_MOST_SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    field: str
    name: str
    of: str
    about: InputField | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a row; `options` are what it can be chosen from, `file` is the name of the field for a file."""

    name: str
    label: str
    value: str
    file: str = ""
    options: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A point: its number, its cells, and what is wrong with it as a whole."""

    number: int
    cells: tuple[Cell, ...]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownForm:
    """What the page needs: `faults` are by place, `summary` says where each is; `table` has a summary of its own."""

    held: Held
    heads: tuple[Head, ...]
    rows: tuple[Row, ...]
    axes: tuple[tuple[int, Axis], ...]
    faults: Mapping[str, tuple[str, ...]]
    summary: tuple[tuple[str, str], ...]
    inputs: tuple[InputField, ...]
    addable: tuple[InputField, ...]
    kept: Mapping[str, str] = field(default_factory=dict)
    focus: str = ""
    ranges: tuple[tuple[str, str], ...] = ()
    points: int = 0

    def at(self, place: str) -> tuple[str, ...]:
        """Return what is wrong at a place."""
        return self.faults.get(place, ())

    def text(self, name: str) -> str:
        """Return a text of the form."""
        return self.held.texts.get(name, "")

    def beside(self, name: str) -> str:
        """Return a text that is no part of the form yet."""
        return self.kept.get(name, "")


def shown_form(
    held: Held,
    inputs: Sequence[InputField],
    faults: Iterable[tuple[str, str]] = (),
    kept: Mapping[str, str] | None = None,
    focus: str = "",
    table: Sequence[Mapping[str, object]] = (),
) -> ShownForm:
    """Return the form to show; `table` are the coordinates of the points of its table, if they can be read."""
    known = {it.name: it for it in inputs}
    by_place: dict[str, list[str]] = {}
    for place, what in faults:
        by_place.setdefault(place, []).append(what)
    told = {place: tuple(dict.fromkeys(found)) for place, found in by_place.items()}
    heads = tuple(_head(column, known) for column in held.columns)
    rows = tuple(_row(number, cells, heads, told) for number, cells in enumerate(held.rows))
    used = {column.name for column in held.columns if column.of == "inputs"}
    return ShownForm(
        held,
        heads,
        rows,
        tuple(enumerate(held.axes)),
        told,
        tuple((_target(place, held), what) for place, found in told.items() for what in found),
        tuple(inputs),
        tuple(it for it in inputs if it.name not in used),
        kept or {},
        focus,
        tuple(_ranges(table)),
        len(table) or len(held.rows),
    )


def _head(column: Column, known: Mapping[str, InputField]) -> Head:
    return Head(f"{column.of}.{column.name}", column.name, column.of, known.get(column.name))


def _row(number: int, cells: Sequence[str], heads: Sequence[Head], faults: Mapping[str, tuple[str, ...]]) -> Row:
    shown = (_cell(number, place, value, heads[place], faults) for place, value in enumerate(cells))
    return Row(number, tuple(shown), faults.get(f"row-{number}", ()))


def _cell(row: int, column: int, value: str, head: Head, faults: Mapping[str, tuple[str, ...]]) -> Cell:
    name = cell_name(row, column)
    about = head.about if head.of == "inputs" else None
    options: tuple[str, ...] = ()
    if about is not None and about.choices:
        options = tuple(dict.fromkeys(["", *about.choices, value]))
    file = file_name(row, column) if about is not None and about.is_file else ""
    return Cell(name, f"{head.name} of point {row + 1}", value, file, options, faults.get(name, ()))


def _target(place: str, held: Held) -> str:
    """Return the id of what is wrong, to which a link leads."""
    if place == "table" or (place.startswith("new-") and held.table):
        return "table" if held.table else _NOWHERE
    if place in ("axes", "points", "paste") or place.startswith(("cell-", "row-", "axis-", "new-")):
        return f"{place}-name" if place.removeprefix("axis-").isdecimal() else place
    shown = ("title", "reason", "model", "audience", "version" if held.text("analysis") else "wanted")
    return place if place in shown else ""


def _ranges(points: Sequence[Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    """Yield what the points of a table are about: from where to where each coordinate goes."""
    for name in dict.fromkeys(name for point in points for name in point):
        found = [point[name] for point in points if name in point]
        numbers = [float(it) for it in found if isinstance(it, (int, float)) and is_finite(it)]
        if len(numbers) == len(found):
            yield name, f"{min(numbers):g} to {max(numbers):g}, {len({*numbers})} different values"
        else:
            shown = ", ".join(dict.fromkeys(str(it) for it in found[:_MOST_SAMPLES]))
            yield name, f"{shown}{', …' if len(found) > _MOST_SAMPLES else ''}"
