"""The steps of the form, each a button that needs no script: rows, columns, axes, the grid, what is pasted. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from recast.counted import counted
from recast.desk.document import read_draft
from recast.desk.model import Point
from recast.desk.points import MOST_AXES
from recast.desk.values import fault_of_name
from recast.errors import InputError
from recast.service.pages.form.fields import Example
from recast.service.pages.form.held import MOST_COLUMNS, MOST_ROWS, Axis, Column, Held
from recast.service.pages.form.sending import cell_name
from recast.service.pages.form.tables import as_table, points_in, read_yaml
from recast.service.pages.form.writing import grid_of, held_of, points_of, with_points
from recast.service.pages.posted.sent import Sent

__all__ = ["Stepped", "beside", "stepped"]

Item = TypeVar("Item")

_USES = {"paste": ("paste",), "add-coordinate": ("new-coordinate",), "add-input": ("new-input", "new-value")}
_BESIDE = tuple(name for names in _USES.values() for name in names)
"""Fields that are no part of the form, by the step that uses them up."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """The form after a step: what is said of it, where one goes on (the id of a field), and what is wrong where.

    `kept` are texts of fields that are no part of the form and have not been used: nothing that was typed is lost.
    """

    held: Held
    said: str = ""
    focus: str = ""
    faults: tuple[tuple[str, str], ...] = ()
    kept: Mapping[str, str] = field(default_factory=dict)


def stepped(held: Held, sent: Sent, inputs: Sequence[str], examples: Sequence[Example]) -> Stepped:
    """Return the form after the step that its button `do` names; the form as it is for any other."""
    name, _, rest = sent.text("do").partition(":")
    try:
        if name == "example":
            return _example(held, rest, inputs, examples)
        done = _STEPS[name](held, rest, sent) if name in _STEPS else Stepped(held)
    except InputError as problem:
        place = "table" if held.table and name not in ("paste", "example") else "paste"
        done = Stepped(held, faults=((place, f"{problem.what}. {problem.why}".strip(". ") + "."),))
    used = () if done.faults else _USES.get(name, ())
    return replace(done, kept={key: text for key, text in beside(sent).items() if key not in used})


def beside(sent: Sent) -> dict[str, str]:
    """Return what was typed into fields that are no part of the form yet."""
    return {key: sent.text(key) for key in _BESIDE}


def _add_row(held: Held, rest: str, sent: Sent) -> Stepped:
    if len(held.rows) >= MOST_ROWS:
        return Stepped(held, faults=(("points", f"more than {MOST_ROWS} points are a table: paste them"),))
    if not held.columns:
        return Stepped(held, faults=(("new-coordinate", "a point needs a coordinate or an input: name the first"),))
    rows = (*held.rows, ("",) * len(held.columns))
    return Stepped(replace(held, rows=rows), f"Point {len(rows)} was added.", cell_name(len(held.rows), 0))


def _remove_row(held: Held, rest: str, sent: Sent) -> Stepped:
    row = _number(rest, len(held.rows))
    if row is None:
        return Stepped(held)
    rows = _without(held.rows, row)
    return Stepped(replace(held, rows=rows), f"Point {row + 1} was taken away.", "points")


def _add_coordinate(held: Held, rest: str, sent: Sent) -> Stepped:
    return _with_column(held, Column("coordinates", sent.text("new-coordinate").strip()), "", "new-coordinate")


def _add_input(held: Held, rest: str, sent: Sent) -> Stepped:
    value = sent.text("new-value").strip()
    return _with_column(held, Column("inputs", sent.text("new-input").strip()), value, "new-input")


def _with_column(held: Held, column: Column, value: str, place: str) -> Stepped:
    """Add a column, with a value that all points get; the first column comes with a point."""
    if fault := fault_of_name(column.name):
        return Stepped(held, faults=((place, f"the name {fault}"),))
    if column in held.columns:
        return Stepped(held, faults=((place, "there is a column of this name already"),))
    if len(held.columns) >= MOST_COLUMNS or held.table:
        return Stepped(held, faults=((place, "add the column in the table: there are so many"),))
    rows = tuple((*row, value) for row in held.rows or ((),))
    done = replace(held, columns=(*held.columns, column), rows=rows)
    return Stepped(done, f"{column.name} was added.", cell_name(0, len(held.columns)))


def _remove_column(held: Held, rest: str, sent: Sent) -> Stepped:
    place = _number(rest, len(held.columns))
    if place is None:
        return Stepped(held)
    columns = _without(held.columns, place)
    rows = tuple(_without(row, place) for row in held.rows) if columns else ()
    done = replace(held, columns=columns, rows=rows)
    return Stepped(done, f"{held.columns[place].name} was taken away.", "new-coordinate")


def _add_axis(held: Held, rest: str, sent: Sent) -> Stepped:
    if len(held.axes) >= MOST_AXES:
        return Stepped(held, faults=(("axes", f"a grid has at most {MOST_AXES} axes"),))
    place = len(held.axes)
    return Stepped(replace(held, axes=(*held.axes, Axis())), f"Axis {place + 1} was added.", f"axis-{place}-name")


def _remove_axis(held: Held, rest: str, sent: Sent) -> Stepped:
    place = _number(rest, len(held.axes))
    if place is None:
        return Stepped(held)
    axes = _without(held.axes, place)
    return Stepped(replace(held, axes=axes), f"Axis {place + 1} was taken away.", "axes")


def _show(held: Held, rest: str, sent: Sent) -> Stepped:
    """Put the points of the grid among the points; its axes keep their names, which say what a plot shows."""
    points, faults = grid_of(held)
    if faults:
        return Stepped(held, faults=faults)
    named = tuple(Axis(axis.name.strip()) for axis in held.axes if not axis.is_empty)
    done = with_points(replace(held, axes=named), points)
    return Stepped(done, f"{counted(len(points), 'point')} of the grid added.", "points")


def _to_table(held: Held, rest: str, sent: Sent) -> Stepped:
    points = points_of(held)
    done = replace(held, columns=(), rows=(), table=as_table(points, [axis.name for axis in held.axes]))
    return Stepped(done, f"{counted(len(points), 'point')} as a table.", "table")


def _to_rows(held: Held, rest: str, sent: Sent) -> Stepped:
    points = points_of(held)
    done = with_points(replace(held, columns=(), rows=(), table=""), points)
    if done.table:
        words = f"these are more than {MOST_ROWS} points or {MOST_COLUMNS} columns, or values that no field can hold"
        return Stepped(held, faults=(("table", words),))
    return Stepped(done, f"{counted(len(points), 'point')} in fields.", "points")


def _paste(held: Held, rest: str, sent: Sent) -> Stepped:
    """Take in what was pasted, or is in a file: points, or a whole request, in whose place the form then is."""
    text = sent.text("paste")
    for file in sent.files.get("paste-file", ())[:1]:
        try:
            text = file.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError("The file is no text", why="A request is YAML, and points are CSV or YAML") from None
    if not text.strip():
        raise InputError("There is nothing to take in", why="Paste a table, or YAML, or choose a file")
    if (said := _request_in(text)) is not None:
        read_draft(said)
        done = held_of(said)
        about = {name: held.texts[name] for name in ("analysis", "version", "wanted") if name in held.texts}
        names = about if not {"analysis", "wanted"} & said.keys() else {}
        return Stepped(replace(done, texts={**names, **done.texts}), "The form was filled from the request.", "title")
    if not (points := points_in(text)):
        raise InputError(
            "There are no points in it", why="A table has names in its first line, and a point in each other"
        )
    return Stepped(with_points(held, points), f"{counted(len(points), 'point')} added.", "points")


def _request_in(text: str) -> dict[str, Any] | None:
    """Return the request that a text is, None if it is points."""
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", "-"))), "")
    if "," in first.partition(":")[0] or not (first.lstrip().startswith("{") or ":" in first):
        return None
    found = read_yaml(text)
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) and found else None


def _example(held: Held, name: str, inputs: Sequence[str], examples: Sequence[Example]) -> Stepped:
    chosen = next((it for it in examples if it.name == name), None)
    if chosen is None or not chosen.inputs:
        return Stepped(held)
    done = with_points(held, [Point("", {}, chosen.inputs)], inputs)
    return Stepped(done, f"A point with the inputs of {name} was added.", "points")


def _without(items: tuple[Item, ...], place: int) -> tuple[Item, ...]:
    return (*items[:place], *items[place + 1 :])


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 5 and int(text) < most else None


_STEPS: dict[str, Callable[[Held, str, Sent], Stepped]] = {
    "add-row": _add_row,
    "remove-row": _remove_row,
    "add-coordinate": _add_coordinate,
    "add-input": _add_input,
    "remove-column": _remove_column,
    "add-axis": _add_axis,
    "remove-axis": _remove_axis,
    "show": _show,
    "to-table": _to_table,
    "to-rows": _to_rows,
    "paste": _paste,
}
