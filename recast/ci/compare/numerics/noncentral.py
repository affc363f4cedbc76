"""Chi-squared of something that did move: its distribution, and how far it must move to be seen."""

from __future__ import annotations

import functools
import math

from recast.ci.compare.numerics.gamma import chi2_isf, gamma_p
from recast.ci.compare.numerics.normal import normal_sf
from recast.ci.compare.numerics.stirling import log_density

__all__ = ["ncx2_cdf", "noncentrality_seen"]

_NORMAL = 1e6
_DIGITS = 1e-290
"""Above the numbers that have lost digits already."""


def ncx2_cdf(chi2: float, ndf: int, noncentrality: float) -> float:
    """Return the probability of a chi-squared of at most `chi2` if its mean is `ndf + noncentrality`.

    It is the mean of central distributions with `ndf + 2 j` degrees of freedom, `j` being Poisson with half the
    noncentrality as its mean. Beyond `_NORMAL` it is nearly normal, and taken to be.
    """
    mean, half = 0.5 * noncentrality, 0.5 * chi2
    if mean <= 0.0:
        return gamma_p(0.5 * ndf, half)
    if half <= 0.0:
        return 0.0
    if noncentrality > _NORMAL:
        return normal_sf((ndf + noncentrality - chi2) / math.sqrt(2.0 * (ndf + 2.0 * noncentrality)))
    spread = 9.0 * math.sqrt(mean) + 40.0  # all but 1e-15 of the Poisson lies inside
    first, last = max(0, int(mean - spread)), int(mean + spread)
    central, total = gamma_p(0.5 * ndf + last, half), 0.0
    weight = gain = 0.0
    for j in range(last, first - 1, -1):
        # Each factor follows from the one before, as soon as that is large enough to have all its digits.
        weight = weight * (j + 1) / mean if weight > _DIGITS else _density(j, mean)
        total += weight * central
        # From j to j - 1 the central distribution gains one term, so that nothing cancels.
        gain = gain * (0.5 * ndf + j) / half if gain > _DIGITS else _density(0.5 * ndf + j - 1, half)
        central += gain
    return min(total, 1.0)


def _density(x: float, mean: float) -> float:
    """Return mean**x exp(-mean) / gamma(x + 1), for x > -1."""
    if x > 0.0:
        return math.exp(log_density(x, mean))
    return math.exp(x * math.log(mean) - mean - math.lgamma(x + 1.0))


@functools.lru_cache(maxsize=1024)
def noncentrality_seen(ndf: int, alpha: float, power: float) -> float:
    """Return the noncentrality at which chi-squared exceeds the critical value of `alpha` with probability `power`."""
    critical = chi2_isf(alpha, ndf)
    low, high = 0.0, critical + 10.0
    while ncx2_cdf(critical, ndf, high) > 1.0 - power:
        high *= 2.0
    while high - low > 1e-6 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if ncx2_cdf(critical, ndf, middle) > 1.0 - power else (low, middle)
    return high
