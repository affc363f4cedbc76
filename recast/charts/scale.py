"""From numbers to places along an axis: the range that shows all of them, linear or logarithmic; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from recast.charts.model import Axis

__all__ = ["Scale", "scale_of"]

_ROOM = 0.05
"""The share of the range that stays free at either end."""
_LEAST_SHARE = 1e-4
"""The smallest range in units of its numbers: below it, ticks would need more digits than they have."""
_TINY = 1e-90
_FAR = 20.0
"""How far outside of its axis something is placed at most, in lengths of the axis: clipped there anyway."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The range `low` to `high` (as logarithms to the base 10 if `log`) at the places `begin` to `end` in px."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float | None:
        """Return the place of a number in px, None if it has none; far outside, a place beyond the end."""
        if not math.isfinite(value) or (self.log and value <= 0.0):
            return None
        share = ((math.log10(value) if self.log else value) - self.low) / (self.high - self.low)
        return self.begin + max(-_FAR, min(_FAR, share)) * (self.end - self.begin)

    def at_least(self, value: float) -> float | None:
        """Return the place of a number; on a logarithmic axis the lower end if it is not positive."""
        return self.begin if self.log and value <= 0.0 else self(value)

    def is_inside(self, value: float) -> bool:
        """Return whether a number is within the range."""
        place = self(value)
        return place is not None and min(self.begin, self.end) - 0.5 <= place <= max(self.begin, self.end) + 0.5

    def at(self, begin: float, end: float) -> Scale:
        """Return the same range at other places."""
        return replace(self, begin=begin, end=end)

    def with_room(self, share: float) -> Scale:
        """Return the scale with a larger upper end, such that a share of the axis above its numbers is free."""
        return replace(self, high=self.low + (self.high - self.low) / (1.0 - share))


def scale_of(axis: Axis, values: Iterable[float]) -> Scale:
    """Return the scale of an axis from 0 to 1 px which shows its values, or has the range that the axis names."""
    log = axis.scale == "log"
    known = [found for value in values if (found := _along(value, log)) is not None]
    ends = [None if end is None else _along(end, log) for end in (axis.low, axis.high)]
    low, high = _range(known or [end for end in ends if end is not None] or [0.0, 1.0], log)
    low, high = _with_ends(low, high, ends[0], ends[1])
    if high - low < _least(low, high, log):
        low, high = low - 0.5 * _least(low, high, log), high + 0.5 * _least(low, high, log)
    return Scale(low, high, 0.0, 1.0, log)


def _along(value: float, log: bool) -> float | None:
    """Return a number as it is along an axis, None if it has no place there."""
    if not math.isfinite(value) or (log and value < _TINY):
        return None
    return math.log10(value) if log else value


def _with_ends(low: float, high: float, own_low: float | None, own_high: float | None) -> tuple[float, float]:
    """Return a range with the ends that an axis names; nonsense, such as an upper end below all numbers, moves the
    other end.
    """
    span = high - low
    low, high = (low if own_low is None else own_low), (high if own_high is None else own_high)
    if low < high:
        return low, high
    return (high - span, high) if own_low is None else (low, low + span)


def _least(low: float, high: float, log: bool) -> float:
    return 1e-3 if log else max(_LEAST_SHARE * max(abs(low), abs(high)), _TINY)


def _range(values: list[float], log: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high - low < _least(low, high, log):
        middle = low + 0.5 * (high - low)
        around = 0.5 if log else 0.1 * abs(middle) if abs(middle) > _TINY else 1.0
        return middle - around, middle + around
    room = _ROOM * (high - low)
    return low - room, high + room
