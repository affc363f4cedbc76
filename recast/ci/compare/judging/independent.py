"""Quantities of different events: a test with the Monte Carlo errors of both, where there are errors."""

from __future__ import annotations

import math

from recast.ci.compare.judging.binning import aligned
from recast.ci.compare.judging.chisquared import shape_test, shown_detail
from recast.ci.compare.judging.evidence import Settled, Test
from recast.ci.compare.judging.exact import ExactTest
from recast.ci.compare.judging.paired import is_same, other_bins, paired
from recast.ci.compare.judging.words import percent, shown
from recast.ci.compare.judging.zscore import ZTest
from recast.ci.compare.missing import unlike
from recast.ci.compare.quantity import DEFINITE, WORDS, Quantity, is_number
from recast.ci.compare.rules import Rules

__all__ = ["FEWEST", "independent"]

FEWEST = 25
"""Fewest events on each side for a normal error; below, the test is exact."""

_MODE = "independent"


def independent(before: Quantity, after: Quantity, control: Quantity | None, rules: Rules) -> Settled | Test:
    """Return a test of a quantity, or its verdict where there is nothing to test.

    `control` is the quantity of a second run of the reference with other random numbers.
    """
    if before.kind in DEFINITE:
        return paired(before, after, rules, "paired")
    if before.kind in WORDS:
        return _word(before, after)
    if before.kind == "histogram":
        return _histogram(before, after, control, rules)
    if _equal(before, after):
        return Settled("same", _MODE, "the same number", 0.0, _tolerance(before, rules))
    if before.kind == "contour":
        return _without_errors(before, after, control, rules)
    test = _exact(before, after, rules) or _normal(before, after, rules)
    return test or _without_errors(before, after, control, rules)


def _equal(before: Quantity, after: Quantity) -> bool:
    """Return whether both are the same number with the same error, as long as that is their own."""
    errors = None if before.error_from else before.error, None if after.error_from else after.error
    return (before.value, errors[0], before.raw, before.lines) == (after.value, errors[1], after.raw, after.lines)


def _tolerance(before: Quantity, rules: Rules) -> float:
    return rules.of(before).of(before.value or 0.0)


def _word(before: Quantity, after: Quantity) -> Settled:
    """Return the verdict on a choice; one that changed is judged by the numbers beside it, later."""
    if before.text == after.text:
        return Settled("same", _MODE, "")
    return Settled("undecided", _MODE, f"{before.text} → {after.text}, a choice that depends on random numbers")


def _exact(before: Quantity, after: Quantity, rules: Rules) -> ExactTest | None:
    """Return the exact test if there are fewer than `FEWEST` events on a side, and nothing is negative."""
    old, new = before.entries, after.entries
    if old is None or new is None or before.value is None or after.value is None:
        return None
    if min(old, new) >= FEWEST or min(before.value, after.value) < 0.0:
        return None
    numbers = _rounded(old, before.value), _rounded(new, after.value)
    weights = [_weight(side, number) for side, number in zip((before, after), numbers, strict=True)]
    known = [weight for weight in weights if weight]
    if not known:
        return None  # no event on either side, and nothing says what one would count
    first, second = weights[0] or known[0], weights[1] or known[0]
    return ExactTest(*numbers, first, second, after.value - before.value, _tolerance(before, rules))


def _rounded(entries: float, value: float) -> int:
    """Return effective entries as a number of events; what is not nothing has at least one."""
    return max(round(entries), 1 if value > 0.0 else 0)


def _weight(side: Quantity, number: int) -> float | None:
    """Return what one event counts."""
    if side.value and number:
        return side.value / number
    if side.kind == "count":
        return 1.0
    if side.per_event:
        return side.per_event
    return 1.0 / side.generated if side.kind == "efficiency" and side.generated else None


def _normal(before: Quantity, after: Quantity, rules: Rules) -> Test | Settled | None:
    errors = _error(before), _error(after)
    if before.value is None or after.value is None or errors[0] is None or errors[1] is None:
        return None
    delta, rule = after.value - before.value, rules.of(before)
    if errors[0] == errors[1] == 0.0:
        found = paired(before, after, rules, "paired")
        return Settled(found.word, "paired", f"{found.why}; both errors are 0", delta, found.tolerance, found.visible)
    tolerance, part = rule.of(before.value), (rule.relative or 0.0) * before.value
    share = rule.relative or 0.0 if abs(part) >= tolerance else 0.0
    origin = before.error_from or after.error_from
    return ZTest(delta, (errors[0], errors[1]), tolerance, math.copysign(share, before.value), origin)


def _error(one: Quantity) -> float | None:
    """Return the Monte Carlo error: as told, or by the number of events; None if it is not known."""
    if one.raw and one.value is not None and not (is_number(one.error) and one.error > 0.0):
        return abs(one.value) / math.sqrt(one.raw)  # events scatter, whatever an error of 0 says
    if is_number(one.error):
        return None if one.error == 0.0 and one.kind == "cls" else one.error
    return None


def _histogram(before: Quantity, after: Quantity, control: Quantity | None, rules: Rules) -> Settled | Test:
    sides = aligned(before.bins, after.bins)
    if sides is None:
        return other_bins(before, after, _MODE)
    if before.bins == after.bins:
        return Settled("same", _MODE, "the same contents", 0.0, detail=shown_detail(*sides))
    test = shape_test(*sides, rules.of(before))
    if test is not None:
        return test
    if is_same(before, after):
        return paired(before, after, rules, _MODE)
    if _repeats(before, control):
        return _definite(before, after, rules)
    total = [math.fsum(one.value for one in side) for side in sides]
    why = "no bin has enough entries, or the errors of bins are not known"
    return Settled("undecided", _MODE, why, total[1] - total[0], detail=shown_detail(*sides))


def _without_errors(before: Quantity, after: Quantity, control: Quantity | None, rules: Rules) -> Settled:
    """Return the verdict on numbers whose Monte Carlo error nobody has told."""
    if is_same(before, after):
        return paired(before, after, rules, _MODE)
    if _repeats(before, control):
        return _definite(before, after, rules)
    found = paired(before, after, rules, _MODE)
    why = f"{found.why or shown(found.delta)}, but its Monte Carlo error is not known"
    if control is not None and control.value is not None and before.value is not None and control.is_finite:
        scatter = control.value - before.value
        why += f" (two runs of the reference differ by {percent(scatter, before.value) or shown(scatter)})"
    return Settled("undecided", _MODE, why, found.delta, found.tolerance)


def _repeats(before: Quantity, control: Quantity | None) -> bool:
    """Return whether a second run of the reference, with other random numbers, gave the same."""
    return control is not None and unlike(before, control, _MODE) is None and is_same(before, control)


def _definite(before: Quantity, after: Quantity, rules: Rules) -> Settled:
    found = paired(before, after, rules, "paired")
    why = "; ".join(filter(None, (found.why, "it is the same in two runs of the reference with other random numbers")))
    return Settled(found.word, "paired", why, found.delta, found.tolerance, found.visible, found.detail)
