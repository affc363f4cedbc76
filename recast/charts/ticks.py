"""Where an axis has ticks, and the text at each: round numbers, or powers of ten; pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recast.charts.scale import Scale

__all__ = ["Ticks", "ticks_of"]

_MINOR = {1: 5, 2: 4, 5: 5, 10: 5}
_MOST_MINOR = 200
_LARGEST_PLAIN, _SMALLEST_PLAIN = 1e5, 1e-3
_LEAST_DECADE_PX = 22.0
_A_DECADE = 1.2
"""Ranges of fewer decades have round numbers between the powers of ten, or only those."""


@dataclass(frozen=True, slots=True)
class Ticks:
    """Major ticks with their texts, minor ticks, and the power of ten that all texts of a linear axis leave out."""

    major: tuple[tuple[float, str], ...]
    minor: tuple[float, ...]
    factor: str = ""


def ticks_of(scale: Scale, apart_px: float) -> Ticks:
    """Return the ticks of an axis, whose texts need to be that far apart."""
    length = abs(scale.end - scale.begin)
    count = max(2.0, length / apart_px)
    return _logarithmic(scale, length, count) if scale.log else _linear(scale.low, scale.high, count)


def _linear(low: float, high: float, count: float) -> Ticks:
    step, times = _step((high - low) / count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    values = [number * step for number in range(first, last + 1)]
    largest = max((abs(value) for value in values), default=0.0)
    power = _power(largest)
    decimals = max(0, -math.floor(math.log10(step / 10.0**power) + 1e-9))
    texts = [f"{value / 10.0**power + 0.0:.{decimals}f}" for value in values]
    factor = f"×10^{{{power}}}".replace("-", "\N{MINUS SIGN}") if power else ""
    return Ticks(tuple(zip(values, map(_minus, texts), strict=True)), _between(low, high, step / _MINOR[times]), factor)


def _power(largest: float) -> int:
    """Return the power of ten that stands beside an axis rather than in each text; a multiple of three."""
    if largest == 0.0 or _SMALLEST_PLAIN <= largest < _LARGEST_PLAIN:
        return 0
    return 3 * math.floor(math.log10(largest) / 3.0 + 1e-9)


def _step(rough: float) -> tuple[float, int]:
    """Return a round step of at least a size, and its first digits."""
    power = 10.0 ** math.floor(math.log10(rough))
    times = next((it for it in (1, 2, 5, 10) if it * power >= rough * (1.0 - 1e-9)), 10)
    return times * power, times


def _between(low: float, high: float, step: float) -> tuple[float, ...]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(number * step for number in range(first, last + 1)) if last - first <= _MOST_MINOR else ()


def _logarithmic(scale: Scale, length: float, count: float) -> Ticks:
    decades = scale.high - scale.low
    first, last = math.ceil(scale.low - 1e-9), math.floor(scale.high + 1e-9)
    if decades < _A_DECADE:
        return _within_a_decade(scale, count)
    every = max(1, math.ceil((last - first) / count))
    major = [(10.0**n, _power_of_ten(n)) for n in range(first, last + 1) if n % every == 0]
    between = [m * 10.0**n for n in range(first - 1, last + 1) for m in range(2, 10)] if every == 1 else []
    if length / decades < _LEAST_DECADE_PX:
        between = []
    if every > 1:
        between = [10.0**n for n in range(first, last + 1)] if last - first <= _MOST_MINOR else []
    if len(major) < 3:
        major = [(value, _short(value)) for value, _ in major]
        major += [(m * 10.0**n, _short(m * 10.0**n)) for n in range(first - 1, last + 1) for m in (2, 5)]
    inside = [value for value in between if scale.low <= math.log10(value) <= scale.high]
    return Ticks(
        tuple(sorted(it for it in major if scale.low <= math.log10(it[0]) + 1e-9 <= scale.high + 2e-9)), tuple(inside)
    )


def _within_a_decade(scale: Scale, count: float) -> Ticks:
    low, high = 10.0**scale.low, 10.0**scale.high
    step, times = _step((high - low) / count)
    found = [value for value in _between(low, high, step) if value > 0.0]
    minor = tuple(value for value in _between(low, high, step / _MINOR[times]) if value > 0.0)
    return Ticks(tuple((value, _short(value)) for value in found), minor)


def _short(value: float) -> str:
    if _SMALLEST_PLAIN <= value < _LARGEST_PLAIN:
        return f"{value:.4g}"
    digits, _, power = f"{value:.3e}".partition("e")
    return f"{float(digits):g}·10^{{{int(power)}}}".replace("-", "\N{MINUS SIGN}")


def _power_of_ten(power: int) -> str:
    if power in (0, 1):
        return "1" if power == 0 else "10"
    return _minus(f"10^{{{power}}}")


def _minus(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")
