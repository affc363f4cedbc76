"""The test of two numbers with Monte Carlo errors."""

from __future__ import annotations

import math
from dataclasses import dataclass

from recast.ci.compare.judging.evidence import POWER, Detail, needed_factor
from recast.ci.compare.numerics import normal_isf, two_sided

__all__ = ["ZTest"]

_NO_DETAIL = Detail()


@dataclass(frozen=True, slots=True)
class ZTest:
    """A change of two values with normal errors, not both 0.

    `share` is the tolerance as a fraction of the value before, with the sign of that; 0 if it is a distance.
    """

    delta: float
    errors: tuple[float, float]
    tolerance: float
    share: float = 0.0
    origin: str = ""

    @property
    def sigma(self) -> float:
        """The error of the change, that of both samples together."""
        return math.hypot(*self.errors)

    @property
    def pull(self) -> float:
        """The change in units of its error."""
        return self.delta / self.sigma

    @property
    def p(self) -> float:
        """The probability of this change or a larger one, up or down, by chance."""
        return two_sided(self.pull)

    @property
    def words(self) -> str:
        """How it was tested."""
        return f"z = {self.pull:+.2f}" + (f", error {self.origin}" if self.origin else "")

    @property
    def detail(self) -> Detail:
        """Nothing: it is no histogram."""
        return _NO_DETAIL

    def is_beyond(self) -> bool:
        """Return whether the change is above the tolerance."""
        return abs(self.delta) > self.tolerance

    def is_inside(self, alpha: float) -> bool:
        """Return whether the interval of the change lies inside the tolerance.

        A fraction of a value that has an error has one too, so that the errors at both ends of the tolerance differ.
        """
        if self.is_beyond():
            return False
        before, after = self.errors
        above = math.hypot((1.0 + self.share) * before, after)
        below = math.hypot((1.0 - self.share) * before, after)
        quantile = normal_isf(alpha / 2.0)
        return self.tolerance - self.delta >= quantile * above and self.tolerance + self.delta >= quantile * below

    def visible(self, alpha: float) -> float:
        """Return the change that is found with the probability `POWER`."""
        return (normal_isf(alpha / 2.0) + normal_isf(1.0 - POWER)) * self.sigma

    def more_events(self, alpha: float, alpha_each: float) -> float | None:
        """Return how many times the events would decide."""
        if not math.isfinite(self.sigma):
            return None
        return needed_factor(self.sigma, self.tolerance, alpha, alpha_each)
