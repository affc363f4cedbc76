"""Bins of two histograms brought together: the same edges, then enough entries in each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from recast.ci.compare.quantity import Bin, effective, is_number

__all__ = ["FEWEST", "Groups", "Pooled", "aligned", "entries_of", "error_of", "merged_bins", "summed"]

FEWEST = 10.0
"""Fewest effective entries that a bin in chi-squared has, or should have, in both histograms."""

Groups = tuple[tuple[int, ...], ...]


def aligned(before: Sequence[Bin], after: Sequence[Bin]) -> tuple[tuple[Bin, ...], tuple[Bin, ...]] | None:
    """Return both histograms in the same bins, None if they have no bins in common.

    Bins are the same by their edges, or by their names. Where each edge of one histogram is one of the other's, the
    finer is summed up to the bins of the coarser.
    """
    if [_key(one) for one in before] == [_key(one) for one in after]:
        return tuple(before), tuple(after)
    places = {one.name: one for one in after}
    if before[0].low is None and len(before) == len(after) and {one.name for one in before} == places.keys():
        return tuple(before), tuple(places[one.name] for one in before)
    for coarse, fine, turned in ((before, after, False), (after, before, True)):
        found = _rebinned(fine, coarse)
        if found is not None:
            return (found, tuple(coarse)) if turned else (tuple(coarse), found)
    return None


def error_of(one: Bin) -> float | None:
    """Return the error of a bin: its own, or by its number of entries; None if neither is known."""
    if is_number(one.error) and one.error > 0.0:
        return one.error
    if one.raw:
        return abs(one.value) / math.sqrt(one.raw)
    return 0.0 if one.value == 0.0 else None


@dataclass(frozen=True, slots=True)
class Pooled:
    """What two histograms would have in a bin if both came from one distribution.

    `usual` is what an event counts in each of them, None where that is not known or makes no sense. A bin that is empty
    on one side alone is no bin with too few entries: what the other side has says how many it lacks.
    """

    usual: tuple[float, float] | None

    @staticmethod
    def of(before: Sequence[Bin], after: Sequence[Bin]) -> Pooled:
        """Return it for two histograms; one that is all empty is taken to have events as the other one has."""
        known = [_usual_weight(side) for side in (before, after)]
        if None in known or not any(known):
            return Pooled(None)
        first, second = known
        return Pooled((first or second or 0.0, second or first or 0.0))

    def variance(self, old: Bin, new: Bin) -> float | None:
        """Return the variance of the difference of two bins; None if a bin has too few entries, expected or there."""
        if self.usual is None or min(old.value, new.value) < 0.0:
            return None
        weights = [_weight(one) or usual for one, usual in zip((old, new), self.usual, strict=True)]
        rate = (old.value / weights[0] + new.value / weights[1]) / (1.0 / weights[0] + 1.0 / weights[1])
        return rate * sum(weights) if all(rate >= FEWEST * weight for weight in weights) else None


def _usual_weight(side: Sequence[Bin]) -> float | None:
    """Return what an event of a histogram counts, 0 if it has none, None if that is not known."""
    whole = summed(side) if side else None
    if whole is None or whole.error is None or whole.value < 0.0 or any(one.value < 0.0 for one in side):
        return None
    return _weight(whole)


def _weight(one: Bin) -> float:
    """Return what an event of a bin counts, 0 if there is none to tell."""
    error = error_of(one)
    weight = error * error / one.value if error and one.value > 0.0 else 0.0
    return weight if is_number(weight) and is_number(1.0 / weight if weight else 0.0) else 0.0


def merged_bins(before: Sequence[Bin], after: Sequence[Bin]) -> Groups:
    """Return groups of neighbours that have at least `FEWEST` effective entries in both histograms, or should have.

    What is left at the end joins the last group. No group if there are too few entries in all.
    """
    pooled = Pooled.of(before, after)
    groups: list[tuple[int, ...]] = []
    now: list[int] = []
    for index in range(len(before)):
        now.append(index)
        old, new = (summed([side[i] for i in now]) for side in (before, after))
        if min(entries_of(old), entries_of(new)) >= FEWEST or pooled.variance(old, new) is not None:
            groups.append(tuple(now))
            now = []
    if now and groups:
        groups[-1] = (*groups[-1], *now)
    return tuple(groups)


def summed(bins: Sequence[Bin]) -> Bin:
    """Return bins as one: contents and entries added, errors in quadrature; an unknown error makes all unknown."""
    errors = [error_of(one) for one in bins]
    raws = [one.raw for one in bins]
    known = [error for error in errors if error is not None]
    error = math.sqrt(math.fsum(e * e for e in known)) if len(known) == len(errors) else None
    raw = sum(raw for raw in raws if raw is not None) if None not in raws else None
    value = math.fsum(one.value for one in bins)
    return Bin(bins[0].name, value, error, raw, bins[0].low, bins[-1].high)


def entries_of(one: Bin) -> float:
    """Return the effective entries of a bin."""
    return effective(one.value, one.error, one.raw) or 0.0


def _key(one: Bin) -> tuple[object, ...]:
    return (one.low, one.high) if one.low is not None else (one.name,)


def _rebinned(fine: Sequence[Bin], coarse: Sequence[Bin]) -> tuple[Bin, ...] | None:
    """Return a histogram in coarser bins, None if they do not fit it or leave some of it out."""
    found, place = [], 0
    for wanted in coarse:
        if wanted.low is None or wanted.high is None:
            return None
        chosen: list[Bin] = []
        while place < len(fine) and fine[place].high is not None and _below(fine[place], wanted.high):
            chosen.append(fine[place])
            place += 1
        if not chosen or chosen[0].low != wanted.low or chosen[-1].high != wanted.high:
            return None
        found.append(summed(chosen))
    return tuple(found) if place == len(fine) else None


def _below(one: Bin, edge: float) -> bool:
    return one.high is not None and one.high <= edge
