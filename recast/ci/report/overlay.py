"""A picture of one series: the reference, this commit and what was published above, the pulls below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from textwrap import wrap

from recast.ci.report.axes import Axis, axis_for, ticks
from recast.ci.report.series import Point, Series
from recast.ci.report.svg import (
    BLACK,
    BLUE,
    GREY,
    LIGHT,
    RED,
    circle,
    document,
    line,
    path,
    rectangle,
    text,
)

__all__ = ["overlay"]

_WIDTH, _LEFT, _RIGHT = 760.0, 78.0, 18.0
_TOP, _UPPER, _GAP, _LOWER = 74.0, 260.0, 14.0, 92.0
_BELOW_NAMES, _BELOW_EDGES = 104.0, 44.0
_BAND = "#e8f5ef"
_MOST_LABELS = 24
_MOST_PULL = 5.0


def overlay(series: Series, words: str = "") -> str:
    """Return the picture as an SVG document; `words` is a line below the title."""
    edges = series.edges or tuple(float(index) for index in range(len(series.points) + 1))
    across = Axis(edges[0], edges[-1], _LEFT, _WIDTH - _RIGHT)
    up = axis_for(list(_values(series.points)), _TOP + _UPPER, _TOP)
    below = _BELOW_EDGES if series.edges else _BELOW_NAMES
    height = _TOP + _UPPER + _GAP + _LOWER + below
    parts = [
        text(_LEFT, 22, series.title, size=15, bold=True, most=78),
        *(text(_LEFT, 41 + 16 * row, said, colour=GREY, most=110) for row, said in enumerate(_lines(words))),
        *_frame(up, series.unit),
        *_contents(series, edges, across, up),
        *_legend(any(point.published is not None for point in series.points)),
        *_pulls(series, edges, across),
        *_names(series, edges, across),
    ]
    described = f"reference and this commit in {len(series.points)} bins, with the change of each bin below"
    return document(_WIDTH, height, series.title, described, parts)


def _lines(words: str) -> list[str]:
    """Return at most two lines of a text, the last with dots if there is more."""
    return wrap(words, 104, max_lines=2, placeholder=" ...")


def _values(points: Sequence[Point]) -> Iterator[float]:
    for point in points:
        yield from (value for value in (point.before, point.after, point.published) if value is not None)
        if point.after is not None and point.after_error:
            yield point.after + point.after_error


def _frame(up: Axis, unit: str) -> Iterator[str]:
    for value, label in ticks(up):
        y = up.at(value)
        yield line(_LEFT, y, _WIDTH - _RIGHT, y, LIGHT, 0.7)
        yield text(_LEFT - 8, y + 4, label, size=11, anchor="end", colour=GREY)
    yield line(_LEFT, _TOP, _LEFT, _TOP + _UPPER, GREY)
    yield line(_LEFT, _TOP + _UPPER, _WIDTH - _RIGHT, _TOP + _UPPER, GREY)
    yield text(18, _TOP + _UPPER / 2, unit or "value", size=12, anchor="middle", turned=-90, most=30)


def _contents(series: Series, edges: Sequence[float], across: Axis, up: Axis) -> Iterator[str]:
    floor = up.at(up.low)
    spans = [(across.at(low), across.at(high)) for low, high in pairwise(edges)]
    for (left, right), point in zip(spans, series.points, strict=True):
        if point.before is not None:
            top = up.at(point.before)
            yield rectangle(left, top, right - left, floor - top, BLUE, 0.14)
            if point.before_error:
                high, low = up.at(point.before + point.before_error), up.at(point.before - point.before_error)
                yield rectangle(left, high, right - left, low - high, BLUE, 0.22)
    steps = [(x, up.at(point.before or 0.0)) for span, point in zip(spans, series.points, strict=True) for x in span]
    yield path(steps, BLUE)
    for (left, right), point in zip(spans, series.points, strict=True):
        middle = (left + right) / 2
        if point.after is not None:
            if point.after_error:
                ends = up.at(point.after - point.after_error), up.at(point.after + point.after_error)
                yield line(middle, ends[0], middle, ends[1], RED, 1.4)
            yield circle(middle, up.at(point.after), 3.4, RED)
        if point.published is not None:
            y = up.at(point.published)
            corners = [(middle - 6, y), (middle, y - 6), (middle + 6, y), (middle, y + 6), (middle - 6, y)]
            yield path(corners, BLACK, 1.2)


def _legend(with_published: bool) -> Iterator[str]:
    x = _WIDTH - _RIGHT - 12
    y = _TOP + 14
    yield text(x, y, "reference", anchor="end", colour=BLUE, bold=True)
    yield text(x, y + 17, "this commit", anchor="end", colour=RED, bold=True)
    if with_published:
        yield text(x, y + 34, "published", anchor="end", bold=True)


def _pulls(series: Series, edges: Sequence[float], across: Axis) -> Iterator[str]:
    start = _TOP + _UPPER + _GAP
    known = [abs(point.lower) for point in series.points if point.lower is not None]
    reach = min(max([1.5 if not series.is_pull else 3.0, *known]) * 1.1, _MOST_PULL)
    axis = Axis(-reach, reach, start + _LOWER, start)
    allowed = 2.0 if series.is_pull else 1.0
    yield rectangle(_LEFT, axis.at(allowed), _WIDTH - _RIGHT - _LEFT, axis.at(-allowed) - axis.at(allowed), _BAND)
    for value, label in ticks(axis, 4):
        y = axis.at(value)
        yield line(_LEFT, y, _WIDTH - _RIGHT, y, LIGHT if value else GREY, 0.7)
        yield text(_LEFT - 8, y + 4, label, size=11, anchor="end", colour=GREY)
    for (low, high), point in zip(pairwise(edges), series.points, strict=True):
        if point.lower is None:
            continue
        left, right, zero, end = across.at(low), across.at(high), axis.at(0.0), axis.at(point.lower)
        inset = min(3.0, (right - left) / 6)
        yield rectangle(left + inset, min(zero, end), right - left - 2 * inset, abs(end - zero), RED, 0.75)
        if abs(point.lower) > reach:
            yield text(
                (left + right) / 2,
                end + (12 if point.lower < 0 else -3),
                f"{point.lower:+.0f}",
                size=10,
                anchor="middle",
            )
    yield line(_LEFT, start, _LEFT, start + _LOWER, GREY)
    name = "change / error" if series.is_pull else "change / tolerance"
    yield text(18, start + _LOWER / 2, name, size=11, anchor="middle", turned=-90)


def _names(series: Series, edges: Sequence[float], across: Axis) -> Iterator[str]:
    y = _TOP + _UPPER + _GAP + _LOWER + 16
    if series.edges:
        for value, label in ticks(across, 8):
            yield text(across.at(value), y, label, size=11, anchor="middle", colour=GREY)
        return
    every = 1 + (len(series.points) - 1) // _MOST_LABELS
    for index, ((low, high), point) in enumerate(zip(pairwise(edges), series.points, strict=True)):
        if index % every == 0:
            x = (across.at(low) + across.at(high)) / 2
            yield text(x + 4, y, point.name, size=11, anchor="end", colour=GREY, most=24, turned=-35)
