"""The test of two histograms: weighted chi-squared of merged bins; Kolmogorov and Smirnov's distance beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from recast.ci.compare.judging.binning import FEWEST, Groups, Pooled, entries_of, error_of, merged_bins, summed
from recast.ci.compare.judging.evidence import POWER, Detail
from recast.ci.compare.numerics import chi2_sf, kolmogorov_sf, ncx2_cdf, noncentrality_seen, normal_isf
from recast.ci.compare.quantity import Bin, effective, is_number
from recast.ci.compare.rules import Tolerance

__all__ = ["HistogramTest", "distance", "ks", "pulls", "shape_test", "shown_detail"]


@dataclass(frozen=True, slots=True)
class HistogramTest:
    """A chi-squared of differences in `ndf` merged bins.

    `allowed` is the noncentrality that chi-squared has if each bin moves by its tolerance. So the measure of a change
    is chi-squared beyond what noise gives, and it is as large as the tolerance where that equals `allowed`. `delta` is
    the change of the sum of all bins.
    """

    chi2: float
    ndf: int
    allowed: float
    delta: float
    tolerance: float
    detail: Detail = field(default_factory=Detail)

    @property
    def p(self) -> float:
        """The probability of this chi-squared or a larger one by chance."""
        return chi2_sf(self.chi2, self.ndf)

    @property
    def pull(self) -> float:
        """The excess of chi-squared in units of its standard deviation."""
        return (self.chi2 - self.ndf) / math.sqrt(2.0 * self.ndf)

    @property
    def words(self) -> str:
        """How it was tested."""
        return f"chi-squared {self.chi2:.1f} in {self.ndf} bins"

    @property
    def excess(self) -> float:
        """Chi-squared beyond what noise gives."""
        return max(self.chi2 - self.ndf, 0.0)

    def is_beyond(self) -> bool:
        """Return whether the change is above the tolerance."""
        return self.excess > self.allowed

    def is_inside(self, alpha: float) -> bool:
        """Return whether so small a chi-squared refutes a change as large as the tolerance at level alpha / 2."""
        return self.allowed > 0.0 and ncx2_cdf(self.chi2, self.ndf, self.allowed) <= alpha / 2.0

    def visible(self, alpha: float) -> float:
        """Return the change that is found with the probability `POWER` if it is the same fraction in each bin."""
        if self.allowed <= 0.0:
            return math.inf
        return self.tolerance * math.sqrt(noncentrality_seen(self.ndf, alpha, POWER) / self.allowed)

    def more_events(self, alpha: float, alpha_each: float) -> float | None:
        """Return how many times the events would decide; the noncentrality grows with them."""
        if self.allowed <= 0.0:
            return None
        moved = noncentrality_seen(self.ndf, alpha_each, POWER) / 4.0
        spread = math.sqrt(2.0 * self.ndf)
        quantile = normal_isf(alpha / 2.0) + normal_isf((1.0 - POWER) / 2.0)
        within = quantile * (spread + quantile)  # where the two distributions stand so far apart, about
        return max(moved, within) / self.allowed


def shape_test(before: Sequence[Bin], after: Sequence[Bin], tolerance: Tolerance) -> HistogramTest | None:
    """Return the test of two histograms in the same bins; None if errors are not known or there are too few entries."""
    groups, pooled = merged_bins(before, after), Pooled.of(before, after)
    pairs = [(summed([before[i] for i in group]), summed([after[i] for i in group])) for group in groups]
    chi2 = allowed = 0.0
    for old, new in pairs:
        variance = _variance(old, new)
        if min(entries_of(old), entries_of(new)) < FEWEST:  # the error of next to nothing is no error
            variance = pooled.variance(old, new) or variance
        if variance is None:
            return None
        change, may = new.value - old.value, tolerance.of(old.value)
        chi2 += change * change / variance
        allowed += may * may / variance
    if not pairs or not is_number(chi2) or not is_number(allowed):
        return None
    total = math.fsum(one.value for one in before)
    change = math.fsum(one.value for one in after) - total
    allowed_sum = math.fsum(tolerance.of(old.value) for old, _ in pairs)
    found = shown_detail(before, after, groups)
    excess = max(chi2 - len(pairs), 0.0)
    size = math.sqrt(excess / allowed) if allowed > 0.0 else math.inf if excess > 0.0 else 0.0
    detail = Detail(groups, found.pulls, chi2, len(pairs), found.ks_distance, found.ks_p, size)
    return HistogramTest(chi2, len(pairs), allowed, change, allowed_sum, detail)


def shown_detail(before: Sequence[Bin], after: Sequence[Bin], groups: Groups = ()) -> Detail:
    """Return the pulls of all bins and the KS test, for show."""
    distance_, probability = ks(before, after)
    return Detail(groups, pulls(before, after), None, 0, distance_, probability)


def pulls(before: Sequence[Bin], after: Sequence[Bin]) -> tuple[float | None, ...]:
    """Return the change of each bin in units of its error, None where no error is known."""
    found: list[float | None] = []
    for old, new in zip(before, after, strict=True):
        variance = _variance(old, new)
        found.append((new.value - old.value) / math.sqrt(variance) if variance else None)
    return tuple(found)


def ks(before: Sequence[Bin], after: Sequence[Bin]) -> tuple[float | None, float | None]:
    """Return the largest distance of the two cumulative shapes and its probability by chance; None where there is none.

    Bins make the probability too large, and weights make it rough: it is shown and never decides.
    """
    sums = [math.fsum(one.value for one in side) for side in (before, after)]
    if any(total <= 0.0 for total in sums) or any(one.value < 0.0 for one in (*before, *after)):
        return None, None
    largest = below = above = 0.0
    for old, new in zip(before, after, strict=True):
        below, above = below + old.value / sums[0], above + new.value / sums[1]
        largest = max(largest, abs(below - above))
    entries = [effective(one.value, one.error, one.raw) for one in map(summed, (before, after))]
    if any(not number for number in entries):
        return largest, None
    sizes = [number for number in entries if number]
    return largest, kolmogorov_sf(largest * math.sqrt(sizes[0] * sizes[1] / (sizes[0] + sizes[1])))


def distance(before: Sequence[Bin], after: Sequence[Bin]) -> float:
    """Return the sum of the absolute changes of all bins."""
    return math.fsum(abs(new.value - old.value) for old, new in zip(before, after, strict=True))


def _variance(old: Bin, new: Bin) -> float | None:
    errors = error_of(old), error_of(new)
    if errors[0] is None or errors[1] is None:
        return None
    return errors[0] * errors[0] + errors[1] * errors[1] or None
