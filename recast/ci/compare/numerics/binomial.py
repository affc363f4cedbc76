"""The binomial distribution and its exact test."""

from __future__ import annotations

import math
from collections.abc import Callable

from recast.ci.compare.numerics.stirling import correction, deviance

__all__ = ["binomial_cdf", "binomial_pmf", "binomial_sf", "binomial_test"]

_TIES = 1.0 + 1e-7
"""Two probabilities that differ by less are equal: rounding must not decide what counts as extreme."""


def binomial_pmf(k: int, n: int, p: float) -> float:
    """Return the probability of `k` successes in `n` trials of probability `p`."""
    if k < 0 or k > n:
        return 0.0
    if p <= 0.0 or p >= 1.0:
        return float(k == (0 if p <= 0.0 else n))
    if k == 0:
        return math.exp(n * math.log1p(-p))
    if k == n:
        return math.exp(n * math.log(p))
    rest = n - k
    logarithm = correction(n) - correction(k) - correction(rest) - deviance(k, n * p) - deviance(rest, n * (1.0 - p))
    return math.exp(logarithm) * math.sqrt(n / (2.0 * math.pi * k * rest))


def binomial_cdf(k: int, n: int, p: float) -> float:
    """Return the probability of at most `k` successes."""
    if k < 0:
        return 0.0
    if k >= n:
        return 1.0
    return _lower(k, n, p) if k <= n * p else 1.0 - _upper(k + 1, n, p)


def binomial_sf(k: int, n: int, p: float) -> float:
    """Return the probability of more than `k` successes."""
    if k < 0:
        return 1.0
    if k >= n:
        return 0.0
    return _upper(k + 1, n, p) if k + 1 >= n * p else 1.0 - _lower(k, n, p)


def binomial_test(k: int, n: int, p: float) -> float:
    """Return the two-sided probability of what is no more likely than `k` successes; 1 without trials."""
    expected = n * p
    if n == 0 or k == expected:
        return 1.0
    most = binomial_pmf(k, n, p) * _TIES
    if k < expected:
        other = _first(lambda i: binomial_pmf(i, n, p) <= most, math.ceil(expected), n + 1)
        return min(1.0, binomial_cdf(k, n, p) + binomial_sf(other - 1, n, p))
    beyond = _first(lambda i: binomial_pmf(i, n, p) > most, 0, math.floor(expected) + 1)
    return min(1.0, binomial_cdf(beyond - 1, n, p) + binomial_sf(k - 1, n, p))


def _lower(k: int, n: int, p: float) -> float:
    """Return the sum of probabilities from `k` downwards, where they fall."""
    term = total = binomial_pmf(k, n, p)
    odds = (1.0 - p) / p if p > 0.0 else 0.0
    for i in range(k, 0, -1):
        term *= i / (n - i + 1) * odds
        total += term
        if term <= total * 1e-17:  # also where all of them are too small for a number
            break
    return min(total, 1.0)


def _upper(k: int, n: int, p: float) -> float:
    """Return the sum of probabilities from `k` upwards, where they fall."""
    term = total = binomial_pmf(k, n, p)
    odds = p / (1.0 - p) if p < 1.0 else 0.0
    for i in range(k, n):
        term *= (n - i) / (i + 1) * odds
        total += term
        if term <= total * 1e-17:
            break
    return min(total, 1.0)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the first number from `low` on for which a condition holds that stays true; `high` if there is none."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low
