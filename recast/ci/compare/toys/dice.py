"""Random numbers of Poisson and of weighted events, from a seed."""

from __future__ import annotations

import math
import random

from recast.ci.compare.numerics.stirling import log_density

__all__ = ["MEAN_WEIGHT", "poisson", "weighted"]

_SMALL = 12.0
_ABOVE = 2.0
"""Above the largest ratio of a Poisson and the Cauchy curve, for all means from _SMALL on."""
_WEIGHTS = ((0.8, 1.0), (0.2, 2.5))
"""Share and weight of two kinds of events, as a sample of two processes has them."""
MEAN_WEIGHT = sum(share * weight for share, weight in _WEIGHTS)
"""The mean weight of an event."""


def poisson(dice: random.Random, mean: float) -> int:
    """Return a Poisson number: small means by multiplying, large ones by rejection under a Cauchy curve."""
    if mean < _SMALL:
        least, product, number = math.exp(-mean), dice.random(), 0
        while product > least:
            product *= dice.random()
            number += 1
        return number
    width = math.sqrt(2.0 * mean)
    while True:
        slope = math.tan(math.pi * dice.random())
        place = math.floor(width * slope + mean)
        if place < 0:
            continue
        density = math.exp(log_density(place, mean)) if place else math.exp(-mean)
        if dice.random() * _ABOVE <= density * math.pi * width * (1.0 + slope * slope):
            return place


def weighted(dice: random.Random, mean: float) -> tuple[float, float, int]:
    """Return sum of weights, its error, and the number of events of a weighted sample with a mean number of events."""
    numbers = [(poisson(dice, share * mean), weight) for share, weight in _WEIGHTS]
    total = sum(number * weight for number, weight in numbers)
    return total, math.sqrt(sum(number * weight * weight for number, weight in numbers)), sum(n for n, _ in numbers)
