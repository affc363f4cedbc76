"""The frame of a panel: ticks inward on all four sides, their texts, the labels of the axes; pure.

The label of the x axis is at its right end, that of the y axis at its top, as in the searches' publications.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from recast.charts.model import XY, Axis
from recast.charts.primitives import Box, Path, Words
from recast.charts.scale import Scale
from recast.charts.ticks import Ticks, ticks_of
from recast.charts.words import unmarked
from recast.graph.text import shorten, width

__all__ = ["Below", "below_of", "frame_of", "left_px", "name_of", "words_of", "y_ticks"]

TICK_PX, SMALL_PX, LABEL_PX = 12.0, 11.0, 13.0
_MAJOR_PX, _MINOR_PX = 8.0, 4.0
_X_APART_PX, _Y_APART_PX, _LOG_APART_PX = 90.0, 52.0, 34.0
_LONGEST_NAME = 26
_NEXT_NAME_PX = 13.0
_TURN = 50.0


def name_of(axis: Axis) -> str:
    """Return the text of an axis: its label, and the unit in brackets."""
    return f"{axis.label} [{axis.unit}]" if axis.unit else axis.label


@dataclass(frozen=True, slots=True)
class Below:
    """What is below a frame: the ticks of a number, or the names of categories, turned if they are long."""

    ticks: Ticks
    names: tuple[tuple[float, str], ...] = ()
    turned: bool = False
    height: float = 0.0
    left: float = 0.0
    """How far the names reach beyond the left end of the axis, in px."""


def below_of(axis: Axis, scale: Scale) -> Below:
    """Return what is below a frame, and the height in px that it needs with the label of the axis."""
    label = 20.0 if axis.label else 4.0
    if not axis.names:
        return Below(ticks_of(scale, _X_APART_PX if not scale.log else _LOG_APART_PX * 1.6), height=22.0 + label)
    each = abs(scale.end - scale.begin) / (scale.high - scale.low)
    every = max(1, math.ceil(_NEXT_NAME_PX / each))
    names = [(float(index), shorten(name, _LONGEST_NAME)) for index, name in enumerate(axis.names)][::every]
    longest = max((width(name, SMALL_PX * 0.92) for _, name in names), default=0.0)
    turned = longest > each * every - 4.0
    height = (longest * math.sin(math.radians(_TURN)) + 20.0) if turned else 22.0
    across = math.cos(math.radians(_TURN))
    ends = [width(name, SMALL_PX * 0.92) * across - (scale(index) or 0.0) for index, name in names] if turned else []
    return Below(Ticks((), ()), tuple(names), turned, height + label, max(ends, default=0.0))


def y_ticks(scale: Scale) -> Ticks:
    """Return the ticks of an upright axis."""
    return ticks_of(scale, _LOG_APART_PX if scale.log else _Y_APART_PX)


def left_px(ticks: Ticks, axis: Axis) -> float:
    """Return the room in px that the texts left of a frame need."""
    longest = max((width(unmarked(text), TICK_PX * 0.95) for _, text in ticks.major), default=0.0)
    return 14.0 + longest + (24.0 if axis.label else 4.0)


def frame_of(box: Box, x: Scale, y: Scale, across: Below, up: Ticks) -> tuple[Path, ...]:
    """Return the frame with its ticks."""
    corners = (box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1), (box.x0, box.y0)
    major = [*_upright([v for v, _ in across.ticks.major], x, box, _MAJOR_PX)]
    major += _level([v for v, _ in up.major], y, box, _MAJOR_PX)
    minor = [*_upright(across.ticks.minor, x, box, _MINOR_PX), *_level(up.minor, y, box, _MINOR_PX)]
    if across.names:
        minor += _upright([index for index, _ in across.names], x, box, _MINOR_PX)
    return Path("tick", "major", tuple(major)), Path("tick", "minor", tuple(minor)), Path("frame", "box", (corners,))


def _upright(values: Sequence[float], x: Scale, box: Box, long: float) -> Iterator[tuple[XY, ...]]:
    for value in values:
        if (at := x(value)) is not None and x.is_inside(value):
            yield (at, box.y1), (at, box.y1 - long)
            yield (at, box.y0), (at, box.y0 + long)


def _level(values: Sequence[float], y: Scale, box: Box, long: float) -> Iterator[tuple[XY, ...]]:
    for value in values:
        if (at := y(value)) is not None and y.is_inside(value):
            yield (box.x0, at), (box.x0 + long, at)
            yield (box.x1, at), (box.x1 - long, at)


def words_of(
    box: Box, left: float, axes: tuple[Axis, Axis], scales: tuple[Scale, Scale], across: Below | None, up: Ticks
) -> tuple[Words, ...]:
    """Return the texts around a frame, with `left` px left of it; `across` is None if the next panel below has the
    same axis.
    """
    found = [*_up_words(box, scales[1], up), *(_across_words(box, scales[0], across) if across else ())]
    if axes[1].label:
        longest = int((box.y1 - box.y0 + 30.0) / (LABEL_PX * 0.55))
        name = _label(axes[1], longest)
        found.append(Words("label", box.x0 - left + 14.0, box.y0, name, "end", 90.0))
    if across and axes[0].label:
        longest = int((box.x1 - box.x0 + 30.0) / (LABEL_PX * 0.55))
        found.append(Words("label", box.x1, box.y1 + across.height - 4.0, _label(axes[0], longest), "end"))
    return tuple(found)


def _label(axis: Axis, longest: int) -> str:
    """Return the text of an axis, short enough; the unit stays."""
    unit = f" [{axis.unit}]" if axis.unit else ""
    text = (
        axis.label
        if len(unmarked(axis.label)) + len(unit) <= longest
        else shorten(axis.label, max(8, longest - len(unit)))
    )
    return text + unit


def _up_words(box: Box, y: Scale, ticks: Ticks) -> Iterator[Words]:
    for value, text in ticks.major:
        if (at := y(value)) is not None and y.is_inside(value):
            yield Words("tick", box.x0 - 6.0, at + 4.0, text, "end")
    if ticks.factor:
        yield Words("tick", box.x0 - 6.0, box.y0 - 8.0, ticks.factor, "start")


def _across_words(box: Box, x: Scale, below: Below) -> Iterator[Words]:
    for value, text in below.ticks.major:
        if (at := x(value)) is not None and x.is_inside(value):
            yield Words("tick", at, box.y1 + 17.0, text, "middle")
    if below.ticks.factor:
        yield Words("tick", box.x1, box.y1 + 34.0, below.ticks.factor, "end")
    for index, text in below.names:
        if (at := x(index)) is not None:
            turned = below.turned
            yield Words("name", at + (4.0 if turned else 0.0), box.y1 + (13.0 if turned else 16.0), text,
                        "end" if turned else "middle", _TURN if turned else 0.0)  # fmt: skip
