"""The tails of the normal distribution."""

from __future__ import annotations

import functools
import math

__all__ = ["normal_isf", "normal_sf", "two_sided"]

_ROOT_TWO = math.sqrt(2.0)


def normal_sf(z: float) -> float:
    """Return the probability of a standard normal number above `z`."""
    return 0.5 * math.erfc(z / _ROOT_TWO)


def two_sided(z: float) -> float:
    """Return the probability of a standard normal number that is as far from 0 as `z`, on either side."""
    return math.erfc(abs(z) / _ROOT_TWO)


@functools.lru_cache(maxsize=4096)
def normal_isf(p: float) -> float:
    """Return the number above which a standard normal number lies with probability `p`, 0 < p < 1."""
    from statistics import NormalDist  # takes 10 ms to import, which a command without statistics need not spend

    return -NormalDist().inv_cdf(p)
