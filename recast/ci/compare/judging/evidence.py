"""What is known about the change of one quantity before the whole family is looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from recast.ci.compare.numerics import normal_isf

__all__ = ["POWER", "Detail", "Settled", "Test", "needed_factor"]

POWER = 0.95
"""The probability with which a visible shift is found."""


@dataclass(frozen=True, slots=True)
class Detail:
    """What is shown of a histogram: bins after merging, pulls, and the KS test, which never decides.

    `size` is its change over the tolerance, which the sum of all bins does not tell.
    """

    merged: tuple[tuple[int, ...], ...] = ()
    pulls: tuple[float | None, ...] = ()
    chi2: float | None = None
    ndf: int = 0
    ks_distance: float | None = None
    ks_p: float | None = None
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A quantity whose verdict no statistics can change.

    `word` is the verdict, `visible` the least change that counts.
    """

    word: str
    mode: str
    why: str
    delta: float | None = None
    tolerance: float | None = None
    visible: float | None = None
    detail: Detail = field(default_factory=Detail)


class Test(Protocol):
    """A test of independent samples. `p` is the probability of a change at least as large without a real one."""

    @property
    def delta(self) -> float:
        """The change, after minus before."""

    @property
    def tolerance(self) -> float:
        """The change that is allowed."""

    @property
    def p(self) -> float:
        """The probability of this change or a larger one by chance."""

    @property
    def pull(self) -> float:
        """The change in units of its standard deviation."""

    @property
    def words(self) -> str:
        """How it was tested."""

    @property
    def detail(self) -> Detail:
        """What is shown of a histogram."""

    def is_beyond(self) -> bool:
        """Return whether the change is above the tolerance."""

    def is_inside(self, alpha: float) -> bool:
        """Return whether the interval of the change, with confidence 1 - alpha, lies inside the tolerance."""

    def visible(self, alpha: float) -> float:
        """Return the change that is found at level alpha with the probability `POWER`."""

    def more_events(self, alpha: float, alpha_each: float) -> float | None:
        """Return how many times the events would decide, None if no number would."""


def needed_factor(sigma: float, tolerance: float, alpha: float, alpha_each: float) -> float | None:
    """Return how many times the events would decide about a change with this error.

    With so many an unchanged quantity is judged within, and one that moved by twice the tolerance is judged moved, each
    with the probability `POWER`. `alpha` is that of the interval, `alpha_each` that of one test in its family.
    """
    if tolerance <= 0.0 or not math.isfinite(sigma):
        return None
    within = tolerance / (normal_isf(alpha / 2.0) + normal_isf((1.0 - POWER) / 2.0))
    moved = 2.0 * tolerance / (normal_isf(alpha_each / 2.0) + normal_isf(1.0 - POWER))
    ratio = sigma / min(within, moved)
    return ratio * ratio
