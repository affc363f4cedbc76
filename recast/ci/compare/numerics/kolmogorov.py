"""The limiting distribution of the Kolmogorov-Smirnov distance."""

from __future__ import annotations

import math

__all__ = ["kolmogorov_sf"]

_MIDDLE = 1.0
_TERMS = 30


def kolmogorov_sf(x: float) -> float:
    """Return the probability of a distance above `x`, in units of 1 / sqrt(effective number of events).

    Two series of the same function: the first converges fast for large `x`, the second for small.
    """
    if x <= 0.04:  # the second series is 0 to all digits
        return 1.0
    if x > _MIDDLE:
        return 2.0 * sum((-1.0) ** (k - 1) * math.exp(-2.0 * k * k * x * x) for k in range(1, _TERMS))
    scale = math.pi * math.pi / (8.0 * x * x)
    below = sum(math.exp(-((2 * k - 1) ** 2) * scale) for k in range(1, _TERMS))
    return 1.0 - math.sqrt(2.0 * math.pi) / x * below
