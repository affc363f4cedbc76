"""The picture of one quantity over commits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recast.ci.report.axes import Axis, ticks
from recast.ci.report.svg import BLACK, BLUE, GREY, LIGHT, RED, circle, document, line, path, text

__all__ = ["Entry", "timeline"]

_WIDTH, _HEIGHT = 900.0, 300.0
_LEFT, _RIGHT, _TOP, _BELOW = 84.0, 20.0, 44.0, 56.0
_MOST_LABELS = 16
_BAD = ("moved", "gone")


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit: its short name, the quantity's value and error there, and the verdict."""

    name: str
    value: float | None
    error: float | None
    verdict: str


def timeline(title: str, unit: str, entries: Sequence[Entry], published: float | None) -> str:
    """Return the picture, the oldest commit on the left; commits that moved the quantity are red."""
    across = Axis(-0.5, len(entries) - 0.5, _LEFT, _WIDTH - _RIGHT)
    up = _up(entries, published)
    parts = [text(_LEFT, 22, title, size=15, bold=True, most=92)]
    for value, label in ticks(up):
        y = up.at(value)
        parts += [
            line(_LEFT, y, _WIDTH - _RIGHT, y, LIGHT, 0.7),
            text(_LEFT - 8, y + 4, label, size=11, anchor="end", colour=GREY),
        ]
    parts.append(text(18, (_TOP + _HEIGHT - _BELOW) / 2, unit or "value", anchor="middle", turned=-90, most=26))
    if published is not None:
        y = up.at(published)
        parts += [
            line(_LEFT, y, _WIDTH - _RIGHT, y, BLACK, 1.0, "6 4"),
            text(_WIDTH - _RIGHT, y - 5, "published", size=11, anchor="end"),
        ]
    parts += _points(entries, across, up)
    parts.append(line(_LEFT, _HEIGHT - _BELOW, _WIDTH - _RIGHT, _HEIGHT - _BELOW, GREY))
    every = 1 + (len(entries) - 1) // _MOST_LABELS
    for index, entry in enumerate(entries):
        if index % every == 0:
            parts.append(
                text(
                    across.at(index) + 4,
                    _HEIGHT - _BELOW + 16,
                    entry.name,
                    size=11,
                    anchor="end",
                    colour=GREY,
                    turned=-35,
                )
            )
    return document(_WIDTH, _HEIGHT, title, f"the value at each of {len(entries)} commits", parts)


def _up(entries: Sequence[Entry], published: float | None) -> Axis:
    """Return an axis around the values, which need not begin at 0: what changes is what is looked at."""
    known = [
        edge
        for one in entries
        if one.value is not None
        for edge in (one.value - (one.error or 0), one.value + (one.error or 0))
    ]
    known += [published] if published is not None else []
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = 0.12 * (high - low) or 0.1 * abs(high) or 1.0
    return Axis(low - room, high + room, _HEIGHT - _BELOW, _TOP)


def _points(entries: Sequence[Entry], across: Axis, up: Axis) -> list[str]:
    known = [(index, one, one.value) for index, one in enumerate(entries) if one.value is not None]
    parts = [path([(across.at(index), up.at(value)) for index, _, value in known], BLUE, 1.0)] if len(known) > 1 else []
    for index, one, value in known:
        x, colour = across.at(index), RED if one.verdict in _BAD else BLUE
        if one.error:
            parts.append(line(x, up.at(value - one.error), x, up.at(value + one.error), colour, 1.3))
        parts.append(circle(x, up.at(value), 4.5 if one.verdict in _BAD else 3.2, colour))
    return parts
