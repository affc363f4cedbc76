"""Quantities that have no number on one side or on both: missing, without a value, or not a number."""

from __future__ import annotations

import math

from recast.ci.compare.judging.evidence import Settled
from recast.ci.compare.quantity import Quantity

__all__ = ["unlike"]


def unlike(before: Quantity | None, after: Quantity | None, mode: str) -> Settled | None:
    """Return the verdict on a quantity that cannot be subtracted; None if there are two values of one kind."""
    if before is None or before.is_missing:
        if after is None or after.is_missing:
            return Settled("same", mode, "no value on either side") if before or after else None
        return Settled("new", mode, "the reference has no such value" if before else "the reference does not have it")
    if after is None or after.is_missing:
        return Settled("gone", mode, "it has no value any more" if after else "the results do not have it any more")
    if before.kind != after.kind:
        return Settled("moved", mode, f"it was a {before.kind} and is a {after.kind}")
    return None if before.is_finite and after.is_finite else _not_finite(before, after, mode)


def _not_finite(before: Quantity, after: Quantity, mode: str) -> Settled:
    if before.bins or after.bins:
        if after.is_finite:
            return Settled("new", mode, "the reference has bins without a number")
        same = not before.is_finite and repr(before.bins) == repr(after.bins)
        return Settled("same", mode, "equal, bins without a number too") if same else _nan(mode, "some of its bins are")
    if after.is_finite:
        return Settled("new", mode, f"the reference has {before.value} in its place")
    if before.value == after.value or (_is_nan(before) and _is_nan(after)):
        return Settled("same", mode, f"{after.value} on both sides")
    return _nan(mode, f"it is {after.value},")


def _nan(mode: str, what: str) -> Settled:
    return Settled("moved", mode, f"{what} not a number that can be compared any more")


def _is_nan(one: Quantity) -> bool:
    return one.value is not None and math.isnan(one.value)
