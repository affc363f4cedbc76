"""The exact test of two small numbers of events: given their sum, one of them is binomial."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recast.ci.compare.judging.evidence import POWER, Detail, needed_factor
from recast.ci.compare.numerics import binomial_cdf, binomial_sf, binomial_test, normal_isf

__all__ = ["ExactTest"]

_NO_DETAIL = Detail()
_ROOT_SHIFT = 0.375
"""sqrt(n + 3/8) of a Poisson number has the standard deviation 1/2, nearly whatever its mean (F. Anscombe, 1948)."""


@dataclass(frozen=True, slots=True)
class ExactTest:
    """Events before and after, and what one event counts: `before` times `weight_before` is the value.

    If the rate is the same, `after` of all events are binomial with the probability that the weights say: an event
    counts less in a larger sample.
    """

    before: int
    after: int
    weight_before: float
    weight_after: float
    delta: float
    tolerance: float

    @property
    def p(self) -> float:
        """The probability of a division of all events that is no more likely than this one."""
        return binomial_test(self.after, self.before + self.after, self._share(1.0))

    @property
    def pull(self) -> float:
        """The change of the root of the rate in units of its error."""
        roots = (math.sqrt((n + _ROOT_SHIFT) * w) for n, w in self._sides())
        before, after = roots
        return (after - before) / self._root_error

    @property
    def words(self) -> str:
        """How it was tested."""
        return f"exact binomial of {self.before} and {self.after} events"

    @property
    def detail(self) -> Detail:
        """Nothing: it is no histogram."""
        return _NO_DETAIL

    def is_beyond(self) -> bool:
        """Return whether the change is above the tolerance."""
        return abs(self.delta) > self.tolerance

    def is_inside(self, alpha: float) -> bool:
        """Return whether changes as large as the tolerance, up and down, are each refuted at level alpha / 2."""
        value = self.before * self.weight_before
        if value <= 0.0 or self.is_beyond():
            return False
        share, total = self.tolerance / value, self.before + self.after
        if binomial_cdf(self.after, total, self._share(1.0 + share)) > alpha / 2.0:
            return False
        return share >= 1.0 or binomial_sf(self.after - 1, total, self._share(1.0 - share)) <= alpha / 2.0

    def visible(self, alpha: float) -> float:
        """Return the increase that is found with the probability `POWER`, about; one event more for its steps."""
        root = math.sqrt((self.before + _ROOT_SHIFT) * self.weight_before)
        reach = (normal_isf(alpha / 2.0) + normal_isf(1.0 - POWER)) * self._root_error
        return reach * (2.0 * root + reach) + self.weight_after

    def more_events(self, alpha: float, alpha_each: float) -> float | None:
        """Return how many times the events would decide, by the normal errors of that many events."""
        sigma = math.sqrt(sum((n + _ROOT_SHIFT) * w * w for n, w in self._sides()))
        return needed_factor(sigma, self.tolerance, alpha, alpha_each)

    @property
    def _root_error(self) -> float:
        return 0.5 * math.sqrt(self.weight_before + self.weight_after)

    def _sides(self) -> tuple[tuple[int, float], tuple[int, float]]:
        return (self.before, self.weight_before), (self.after, self.weight_after)

    def _share(self, ratio: float) -> float:
        """Return the probability that an event is one after, if the rate after is `ratio` times that before."""
        return ratio * self.weight_before / (ratio * self.weight_before + self.weight_after)
