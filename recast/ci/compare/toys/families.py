"""Families of quantities as an analysis has them, thrown at random: cutflows, yields, efficiencies, histograms."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

from recast.ci.compare.quantity import Bin, Quantity
from recast.ci.compare.toys.dice import MEAN_WEIGHT, poisson, weighted

__all__ = ["TRUTH", "Truth", "thrown", "value_of"]


@dataclass(frozen=True, slots=True)
class Truth:
    """One true quantity: its pointer and kind, and the number of events expected behind it (of a histogram, by bin)."""

    pointer: str
    kind: str
    means: tuple[float, ...]


def _shape(total: float, bins: int, slope: float) -> tuple[float, ...]:
    heights = [math.exp(-slope * index) for index in range(bins)]
    return tuple(total * height / sum(heights) for height in heights)


TRUTH = (
    *(
        Truth(f"toy/cutflow/SR-{i}/step-{j}", "sum", (m * 0.55**j,))
        for i, m in enumerate((40_000, 900, 60))
        for j in range(4)
    ),
    *(
        Truth(f"toy/yields/SR-{i}/signal", "weighted", (mean,))
        for i, mean in enumerate((60_000, 12_000, 2_500, 400, 45))
    ),
    *(Truth(f"toy/efficiency/SR-{i}", "efficiency", (mean,)) for i, mean in enumerate((40_000, 4_000, 200))),
    *(Truth(f"toy/rare/SR-{i}/signal", "sum", (mean,)) for i, mean in enumerate((20.0, 8.0, 2.0, 0.5))),
    Truth("toy/meff/signal", "histogram", _shape(60_000.0, 20, 0.3)),
    Truth("toy/met/signal", "histogram", _shape(800.0, 12, 0.5)),
)
"""From tens of thousands of events, where a few per cent are visible, down to regions that are mostly empty."""

_GENERATED = 100_000
_EVENT = 0.02
"""What one event of a toy counts."""


def value_of(truth: Truth) -> float:
    """Return the true value of a quantity; of a histogram the sum of its bins."""
    total = math.fsum(truth.means)
    if truth.kind == "efficiency":
        return total / _GENERATED
    return total * _EVENT * (MEAN_WEIGHT if truth.kind == "weighted" else 1.0)


def thrown(dice: random.Random, scales: dict[str, float], size: float = 1.0) -> Iterator[Quantity]:
    """Yield one sample of each quantity; `scales` moves the truth of some, `size` is that of the sample (1: usual)."""
    for truth in TRUTH:
        scale = scales.get(truth.pointer, 1.0)
        means = [mean * scale * size for mean in truth.means]
        event = _EVENT / size
        if truth.kind == "histogram":
            yield Quantity(truth.pointer, "histogram", None, bins=tuple(_bins(dice, means, event)))
        elif truth.kind == "efficiency":
            yield _efficiency(dice, truth.pointer, means[0], size)
        elif truth.kind == "weighted":
            total, error, _ = weighted(dice, means[0])
            yield Quantity(truth.pointer, "sum", total * event, error * event, generated=_GENERATED)
        else:
            number = poisson(dice, means[0])
            error = math.sqrt(number) * event
            yield Quantity(truth.pointer, "sum", number * event, error, number, per_event=event, generated=_GENERATED)


def _efficiency(dice: random.Random, pointer: str, mean: float, size: float) -> Quantity:
    """Return an efficiency: both those that pass and those that fail are Poisson, so that their share is binomial."""
    passed, failed = poisson(dice, mean), poisson(dice, _GENERATED * size - mean)
    share, total = passed / (passed + failed), passed + failed
    return Quantity(pointer, "efficiency", share, math.sqrt(share * (1.0 - share) / total), generated=total)


def _bins(dice: random.Random, means: list[float], event: float) -> Iterator[Bin]:
    for index, mean in enumerate(means):
        number = poisson(dice, mean)
        low = 100.0 * index
        yield Bin(f"{low:g}", number * event, math.sqrt(number) * event, number, low, low + 100.0)
