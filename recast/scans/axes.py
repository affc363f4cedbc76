"""The axes of a scan's plot: one or two numbers of its points, and what is fixed in each panel; pure.

A point's coordinates are its columns and the coordinates in its limit (`m_squark_gev` of a spectrum). Nothing else can
be an axis: without numbers that vary there is a table, and a message that says why there is no plot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from recast.charts.spots import LARGEST, sensitivity
from recast.json_types import JsonObject, JsonValue, is_finite
from recast.scans.answers import best, coordinates
from recast.scans.declared import Declared
from recast.scans.record import Answer

__all__ = ["MOST_PANELS", "Axes", "Panel", "choose_axes", "column_of", "is_number", "panels"]

MOST_PANELS = 6
_MASS = re.compile(r"m_.+_(ev|kev|mev|gev|tev)")
_ANSWERS = ("xsec", "signal")
"""Prefixes of keys that an analysis reports for a point, but that do not distinguish points."""
_OF_THE_RUN = frozenset({"events", "batches", "seed", "toys"})
"""Columns that describe the simulation of a point, not the point."""


@dataclass(frozen=True, slots=True)
class Axes:
    """The axes of a plot; if there are none, `why` says why, and `next_step` what to type."""

    names: tuple[str, ...] = ()
    why: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """Points that can be drawn in one plane: all have the same values of the quantities in the text `held`."""

    axes: tuple[str, ...]
    held: str
    answers: tuple[Answer, ...]


def is_number(value: JsonValue) -> bool:
    """Return whether a value can be drawn: a number, and none so large that a picture's own numbers overflow."""
    return is_finite(value) and abs(value) <= LARGEST


def choose_axes(answers: Sequence[Answer], asked: Sequence[str], declared: Declared) -> Axes:
    """Return the axes that the user named, or that the version declares, or the only one or two numbers that vary."""
    placed = [coordinates(answer) for answer in answers if answer.limits]
    if not placed:
        return Axes(why="no point has an answer")
    numbers = [name for name in dict.fromkeys(key for point in placed for key in point) if _numeric(placed, name)]
    if asked:
        lacking = [name for name in asked if name not in numbers]
        why = f"{', '.join(lacking)} is not a number of the points; numbers are: {', '.join(numbers) or 'none'}"
        return Axes(why=why, next_step="--axes a,b names two of them") if lacking else Axes(tuple(asked))
    for names in declared.planes:
        if all(name in numbers for name in names):
            return Axes(names)
    varying = [name for name in numbers if len({point.get(name) for point in placed}) > 1]
    masses = [name for name in varying if _MASS.fullmatch(name)]
    own = [name for name in answers[0].point if name in varying and name not in _OF_THE_RUN]
    for found in (masses, own):
        if 1 <= len(found) <= 2:
            return Axes(tuple(found))
    return _none(varying)


def _none(varying: Sequence[str]) -> Axes:
    if not varying:
        return Axes(
            why="no number tells the points apart: neither a column of theirs, nor what their limits say of them"
        )
    why = f"it is not known which of these numbers are the axes: {', '.join(varying)}"
    return Axes(why=why, next_step=f"--axes {','.join(varying[:2])}")


def _numeric(placed: Sequence[JsonObject], name: str) -> bool:
    """Return whether a key is a number in every point that has it."""
    values = [point[name] for point in placed if name in point]
    return bool(values) and all(map(is_finite, values))


def panels(answers: Sequence[Answer], axes: Sequence[str], declared: Declared) -> list[Panel]:
    """Return the points by plane, the largest first: points that differ in anything but the axes are in different
    planes.

    Planes with other axes, which a version declares for other kinds of points, are separate panels.
    """
    found: list[Panel] = []
    left = [answer for answer in answers if answer.limits]
    for names in dict.fromkeys((tuple(axes), *(declared.planes if tuple(axes) in declared.planes else ()))):
        here = [answer for answer in left if all(is_number(coordinates(answer).get(name)) for name in names)]
        taken = {answer.key for answer in here}
        left = [answer for answer in left if answer.key not in taken]
        found += _slices(here, names, declared.slices)
    return sorted(found, key=lambda panel: -len(panel.answers))


def _slices(answers: Sequence[Answer], axes: tuple[str, ...], declared: Sequence[str]) -> list[Panel]:
    """Return the slices of a plane: largest first, until every point is in one. A point may be in two of them."""
    if not answers:
        return []
    placed = [coordinates(answer) for answer in answers]
    ways = [[name] for name in declared] or [_others(placed, answers, axes)]
    groups = dict[str, list[Answer]]()
    for way in ways:
        for answer, point in zip(answers, placed, strict=True):
            groups.setdefault(", ".join(_held(name, point) for name in way), []).append(answer)
    chosen, open_points = list[Panel](), {answer.key for answer in answers}
    for words, members in sorted(groups.items(), key=lambda group: -len(group[1])):
        if open_points & {answer.key for answer in members}:
            open_points -= {answer.key for answer in members}
            chosen.append(Panel(axes, words, tuple(_one_a_place(members, axes))))
    return [Panel(axes, "", chosen[0].answers)] if len(chosen) == 1 and not declared else chosen


def _one_a_place(answers: Sequence[Answer], axes: Sequence[str]) -> list[Answer]:
    """Return the points; of several at the same coordinates (regions of a search), the one with the best expected
    sensitivity.
    """
    places = dict[tuple[Any, ...], list[Answer]]()
    for answer in answers:
        where = coordinates(answer)
        places.setdefault(tuple(where[axis] for axis in axes), []).append(answer)
    return [min(group, key=lambda answer: sensitivity(best(answer))) for group in places.values()]


def _others(placed: Sequence[JsonObject], answers: Sequence[Answer], axes: Sequence[str]) -> list[str]:
    """Return what distinguishes slices if nothing is declared: masses and columns that vary and are not the axes.

    What is unique to every point (a name, a file) or follows an axis does not.
    """
    own = [name for name in answers[0].point if name not in _OF_THE_RUN and not name.startswith(_ANSWERS)]
    masses = [name for name in placed[0] if _MASS.fullmatch(name)]
    taken = [[point.get(axis) for point in placed] for axis in axes]
    found = []
    for name in dict.fromkeys([*masses, *own]):
        values = [point.get(name) for point in placed]
        different = len(set(map(repr, values)))
        is_label = different == len(placed) and not all(map(is_number, values))
        if name not in axes and values not in taken and different > 1 and not is_label:
            found.append(name)
    return found


def _held(name: str, point: JsonObject) -> str:
    """Return text such as `m_a_gev = 60`; `a - b` is the difference of two numbers of the point."""
    left, minus, right = name.partition(" - ")
    if not minus:
        return f"{name} = {_short(point.get(name))}"
    pair = point.get(left), point.get(right)
    value = pair[0] - pair[1] if all(map(is_number, pair)) else None  # type: ignore[operator]
    return f"{name} = {_short(value)}"


def _short(value: JsonValue) -> str:
    return "nothing" if value is None else f"{value:g}" if is_number(value) else str(value)


def column_of(axis: str, answers: Iterable[Answer]) -> str | None:
    """Return the column with an axis' values in all points, along which new points can be created, or None."""
    points = [(answer.point, coordinates(answer)) for answer in answers if answer.limits]
    if not points:
        return None
    names = [axis, *points[0][0]] if axis in points[0][0] else list(points[0][0])
    return next((name for name in names if all(own.get(name) == all_[axis] for own, all_ in points)), None)
