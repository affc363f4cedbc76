"""Quantities of the same events: each difference beyond the precision of numbers is real."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from recast.ci.compare.judging.binning import aligned
from recast.ci.compare.judging.chisquared import distance, shown_detail
from recast.ci.compare.judging.evidence import Settled
from recast.ci.compare.judging.lines import apart, extent
from recast.ci.compare.judging.words import arrow, percent, shown
from recast.ci.compare.quantity import WORDS, Bin, Quantity
from recast.ci.compare.rules import Rules

__all__ = ["PRECISION", "is_same", "other_bins", "paired", "precision"]

PRECISION: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "count": (0.0, 0.0),
        "cls": (0.0, 1e-4),
        "limit": (1e-3, 0.0),
        "contour": (1e-3, 0.0),
    }
)
"""Kind -> relative and absolute difference up to which two numbers are the same. Counts are exact, CLs and limits come
from a fit and its search for a root. All others are sums, which may have been added up in another order.
"""
_SUMS = (1e-9, 0.0)


def paired(before: Quantity, after: Quantity, rules: Rules, mode: str = "paired") -> Settled:
    """Return the verdict on a quantity without random numbers between its two values."""
    if before.kind in WORDS:
        same = before.text == after.text
        return Settled("same" if same else "moved", mode, "" if same else f"{before.text} → {after.text}")
    if before.kind == "histogram":
        return _histogram(before, after, rules, mode)
    if before.kind == "contour":
        size = extent(before.lines)
        return _number(before, after, apart(before.lines, after.lines), size, rules, mode)
    assert before.value is not None and after.value is not None
    return _number(before, after, after.value - before.value, before.value, rules, mode)


def is_same(before: Quantity, after: Quantity) -> bool:
    """Return whether two quantities are the same within the precision of numbers."""
    return paired(before, after, Rules()).word == "same"


def precision(kind: str, value: float) -> float:
    """Return the difference up to which numbers of a kind are the same as `value`."""
    relative, absolute = PRECISION.get(kind, _SUMS)
    return max(relative * abs(value), absolute)


def _number(before: Quantity, after: Quantity, delta: float, scale: float, rules: Rules, mode: str) -> Settled:
    tolerance, least = rules.of(before).of(scale), precision(before.kind, scale)
    events = _events(before, after)
    if abs(delta) <= least and not events:
        return Settled("same", mode, _close(delta, least), delta, tolerance, least)
    size = (
        f"{percent(delta, scale) or shown(delta)}"
        if before.kind != "contour"
        else f"{shown(delta)} {before.unit} apart"
    )
    why = "; ".join(filter(None, (size if abs(delta) > least else "", events)))
    word = "moved" if abs(delta) > max(tolerance, least) else "within"
    return Settled(word, mode, why, delta, tolerance, least)


def _close(delta: float, least: float) -> str:
    return f"{shown(delta)} is within the precision of such numbers, {shown(least)}" if delta else ""


def _events(before: Quantity, after: Quantity) -> str:
    """Return how many events changed side at least, empty if the counts are equal or not known."""
    if before.raw is None or after.raw is None or before.raw == after.raw:
        return ""
    change = after.raw - before.raw
    return f"{arrow(before.raw, after.raw)} events, {abs(change):,} {'more' if change > 0 else 'fewer'}"


def _histogram(before: Quantity, after: Quantity, rules: Rules, mode: str) -> Settled:
    sides = aligned(before.bins, after.bins)
    if sides is None:
        return other_bins(before, after, mode)
    old, new = sides
    total = math.fsum(abs(one.value) for one in old)
    tolerance = rules.of(before).of(total)
    detail = shown_detail(old, new)
    change = math.fsum(one.value for one in new) - math.fsum(one.value for one in old)
    differing = [a.name for a, b in zip(old, new, strict=True) if not _same_bin(a, b)]
    if not differing:
        return Settled("same", mode, "", change, tolerance, 0.0, detail)
    far = distance(old, new)
    why = f"{len(differing)} of {len(old)} bins differ, together by {percent(far, total).lstrip('+') or shown(far)}"
    if len(old) != max(len(before.bins), len(after.bins)):
        why += f", in the {len(old)} bins that both have"
    size = far / tolerance if tolerance > 0.0 else math.inf
    word = "moved" if far > tolerance else "within"
    return Settled(word, mode, why, change, tolerance, 0.0, replace(detail, size=size))


def other_bins(before: Quantity, after: Quantity, mode: str) -> Settled:
    """Return the verdict on histograms whose bins are not comparable."""
    why = f"other bins: {_bins(before.bins)} before, {_bins(after.bins)} now, so the contents cannot be compared"
    return Settled("moved", mode, why)


def _bins(bins: tuple[Bin, ...]) -> str:
    if bins[0].low is None or bins[-1].high is None:
        return f"{len(bins)}"
    return f"{len(bins)} from {shown(bins[0].low)} to {shown(bins[-1].high)}"


def _same_bin(old: Bin, new: Bin) -> bool:
    if old.raw is not None and new.raw is not None and old.raw != new.raw:
        return False
    return abs(new.value - old.value) <= precision("sum", old.value)
