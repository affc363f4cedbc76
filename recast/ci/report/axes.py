"""Axes of a drawing: which range, which ticks, and where a value lies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Axis", "axis_for", "ticks"]

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_WIDE = 50.0


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values over a range of pixels, linear or logarithmic."""

    low: float
    high: float
    start_px: float
    end_px: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the pixel of a value; what is outside lies on the edge."""
        low, high, here = (self._scaled(it) for it in (self.low, self.high, max(value, self.low)))
        share = (here - low) / (high - low) if high > low else 0.5
        return self.start_px + min(max(share, 0.0), 1.0) * (self.end_px - self.start_px)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-300)) if self.is_log else value


def axis_for(values: Sequence[float], start_px: float, end_px: float) -> Axis:
    """Return an axis for numbers of events: logarithmic if all are above 0 and far apart, else from 0 on."""
    known = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(known), max(known)
    positive = [value for value in known if value > 0.0]
    if low >= 0.0 and positive and high / min(positive) > _WIDE:
        return Axis(min(positive) / 2.0, high * 2.0, start_px, end_px, is_log=True)
    room = 0.12 * ((high - min(low, 0.0)) or abs(high) or 1.0)
    return Axis(min(low - room, 0.0) if low < 0.0 else 0.0, high + room, start_px, end_px)


def ticks(axis: Axis, wanted: int = 5) -> list[tuple[float, str]]:
    """Return round values on an axis with their labels."""
    if axis.is_log:
        powers = range(math.ceil(math.log10(axis.low)), math.floor(math.log10(axis.high)) + 1)
        every = 1 + (len(powers) - 1) // 7
        found = [10.0**power for power in powers][::every]
        return [(value, f"{value:g}") for value in found] or _linear(axis, wanted)
    return _linear(axis, wanted)


def _linear(axis: Axis, wanted: int) -> list[tuple[float, str]]:
    span = axis.high - axis.low
    if span <= 0.0 or not math.isfinite(span):
        return []
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * size for size in _STEPS if power * size >= rough)
    first = math.ceil(axis.low / step)
    values = [step * index for index in range(first, math.floor(axis.high / step + 1e-9) + 1)]
    return [(value, f"{value:g}" if abs(value) < 1e5 else f"{value:.3g}") for value in values]
