"""Logarithms of Poisson and binomial probabilities without cancellation.

The factorial is Stirling's formula times a correction, and what is left of the logarithm is a deviance, which is exact
where both numbers are nearly equal (the saddle point form of C. Loader, 2000).
"""

from __future__ import annotations

import math

__all__ = ["correction", "deviance", "log_density"]

_TWO_PI = 2.0 * math.pi
_LARGE = 16.0
_SMALL_SHARE = 0.1


def correction(n: float) -> float:
    """Return ln(n!) - ln(sqrt(2 pi n) (n / e)**n) for n > 0."""
    if n < _LARGE:
        return math.lgamma(n + 1.0) - 0.5 * math.log(_TWO_PI * n) - n * math.log(n) + n
    inverse = 1.0 / (n * n)
    return (
        1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - (1.0 / 1188) * inverse) * inverse) * inverse) * inverse
    ) / n


def deviance(x: float, mean: float) -> float:
    """Return x ln(x / mean) + mean - x for x >= 0 and mean > 0."""
    if x == 0.0:
        return mean
    share = (x - mean) / mean
    if abs(share) > _SMALL_SHARE:
        return x * math.log(x / mean) + mean - x
    power, total, order = share * share, 0.0, 2
    while True:  # (1 + s) ln(1 + s) - s as a series in s, of which each term is a tenth of the one before
        term = power / (order * (order - 1))
        total += term
        if abs(term) <= abs(total) * 1e-17:
            return mean * total
        power *= -share
        order += 1


def log_density(x: float, mean: float) -> float:
    """Return the logarithm of mean**x exp(-mean) / gamma(x + 1) for x > 0 and mean > 0."""
    return -correction(x) - deviance(x, mean) - 0.5 * math.log(_TWO_PI * x)
