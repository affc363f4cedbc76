"""Bins of two histograms brought together: the same edges, then enough entries in each."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recast.ci.compare.quantity import Bin, effective, is_number

__all__ = ["FEWEST", "Groups", "aligned", "error_of", "merged_bins", "summed"]

FEWEST = 10.0
"""Fewest effective entries of a bin in chi-squared, in both histograms."""

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


def merged_bins(before: Sequence[Bin], after: Sequence[Bin]) -> Groups:
    """Return groups of neighbours that have at least `FEWEST` effective entries in both histograms.

    What is left at the end joins the last group. No group if there are too few entries in all.
    """
    groups: list[tuple[int, ...]] = []
    now: list[int] = []
    for index in range(len(before)):
        now.append(index)
        if all(_entries(summed([side[i] for i in now])) >= FEWEST for side in (before, after)):
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


def _entries(one: Bin) -> float:
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
