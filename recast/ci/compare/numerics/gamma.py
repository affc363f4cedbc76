"""The incomplete gamma function, and with it the tails of chi-squared.

Below `a + 1` by its power series, above by its continued fraction (Abramowitz and Stegun 6.5.29 and 6.5.31; the
fraction is evaluated from the front by the method of Lentz).
"""

from __future__ import annotations

import functools
import math

from recast.ci.compare.numerics.stirling import log_density

__all__ = ["chi2_isf", "chi2_sf", "gamma_p", "gamma_q"]

_TINY = 1e-300
_PRECISION = 1e-16
_MOST_TERMS = 100_000


def gamma_p(a: float, x: float) -> float:
    """Return the lower incomplete gamma function, divided by gamma(a); a > 0, x >= 0."""
    if x <= 0.0:
        return 0.0
    return _series(a, x) if x < a + 1.0 else 1.0 - _fraction(a, x)


def gamma_q(a: float, x: float) -> float:
    """Return the upper incomplete gamma function, divided by gamma(a); a > 0, x >= 0."""
    if x <= 0.0:
        return 1.0
    if math.isinf(x):
        return 0.0
    return 1.0 - _series(a, x) if x < a + 1.0 else _fraction(a, x)


def chi2_sf(chi2: float, ndf: int) -> float:
    """Return the probability of a chi-squared above `chi2` with `ndf` degrees of freedom; 1 without any."""
    return gamma_q(0.5 * ndf, 0.5 * chi2) if ndf > 0 else 1.0


@functools.lru_cache(maxsize=4096)
def chi2_isf(p: float, ndf: int) -> float:
    """Return the chi-squared that is exceeded with probability `p`, 0 < p < 1, by bisection."""
    low, high = 0.0, float(ndf) + 10.0
    while chi2_sf(high, ndf) > p:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        low, high = (middle, high) if chi2_sf(middle, ndf) > p else (low, middle)
    return 0.5 * (low + high)


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for step in range(1, _MOST_TERMS):
        term *= x / (a + step)
        total += term
        if term < total * _PRECISION:
            break
    return _front(a, x) * total


def _fraction(a: float, x: float) -> float:
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / (b or _TINY)
    value = d
    for step in range(1, _MOST_TERMS):
        numerator = -step * (step - a)
        b += 2.0
        d = 1.0 / ((numerator * d + b) or _TINY)
        c = (b + numerator / c) or _TINY
        value *= c * d
        if abs(c * d - 1.0) < 4.0 * _PRECISION:
            break
    return _front(a, x) * value


def _front(a: float, x: float) -> float:
    """Return x**a exp(-x) / gamma(a), without the cancellation of large logarithms."""
    return a * math.exp(log_density(a, x))
