"""What differs between two runs of the reference: it is unstable, whatever the candidate says."""

from __future__ import annotations

from collections.abc import Mapping

from recast.ci.compare.judging.evidence import Settled, Test
from recast.ci.compare.judging.independent import independent
from recast.ci.compare.judging.paired import is_same
from recast.ci.compare.judging.paired import paired as paired_verdict
from recast.ci.compare.judging.words import arrow
from recast.ci.compare.missing import unlike
from recast.ci.compare.numerics import holm
from recast.ci.compare.quantity import Quantity
from recast.ci.compare.rules import Rules

__all__ = ["same_numbers", "unstable"]

_SURE = 25.0
"""Fewest events behind a number that other random numbers are bound to change."""
_ENOUGH = 4
"""Fewest such numbers that tell; with fewer, the random numbers are taken to be the same."""


def same_numbers(reference: Mapping[str, Quantity], control: Mapping[str, Quantity]) -> dict[str, bool]:
    """Return for each run of a control whether its random numbers are those of the reference, by its results.

    With other random numbers nearly every number of events differs; with the same only what is not reproducible does.
    """
    changed: dict[str, list[bool]] = {one.run: [] for one in control.values()}
    for pointer, one in control.items():
        other = reference.get(pointer)
        if other is None or other.kind != one.kind or other.value is None or one.value is None:
            continue
        if other.is_finite and one.is_finite and (other.entries or 0.0) >= _SURE:
            changed[one.run].append(not is_same(other, one))
    return {run: len(it) < _ENOUGH or 2 * sum(it) <= len(it) for run, it in changed.items()}


def unstable(
    reference: Mapping[str, Quantity],
    control: Mapping[str, Quantity],
    rules: Rules,
    paired: Mapping[str, bool],
) -> dict[str, str]:
    """Return the pointers of quantities that are unstable, and why; `paired` has the runs of the control.

    With the same random numbers each difference beyond the precision of numbers counts. With others only a difference
    that the Monte Carlo errors do not explain counts, at level alpha for all of them together.
    """
    found: dict[str, str] = {}
    tests: dict[str, Test] = {}
    for pointer in [*reference, *(pointer for pointer in control if pointer not in reference)]:
        one, other = reference.get(pointer), control.get(pointer)
        run = (one or other or _NOTHING).run
        if run not in paired:
            continue
        judged = _judged(one, other, rules, is_paired=paired[run])
        if not isinstance(judged, Settled):
            tests[pointer] = judged
        # Without an error nothing tells scatter from instability: the verdict on the candidate says so.
        elif judged.word not in ("same", "undecided") and (paired[run] or judged.mode == "paired"):
            found[pointer] = f"two runs of the reference differ: {_sides(one, other)}"
    for (pointer, test), p in zip(tests.items(), holm([test.p for test in tests.values()]), strict=True):
        if p < rules.alpha:
            sides = _sides(reference.get(pointer), control.get(pointer))
            found[pointer] = (
                f"two runs of the reference differ by more than their errors explain: {sides}, {test.words}"
            )
    return found


def _judged(one: Quantity | None, other: Quantity | None, rules: Rules, *, is_paired: bool) -> Settled | Test:
    settled = unlike(one, other, "paired")
    if settled is not None or one is None or other is None:
        return settled or Settled("same", "paired", "")
    return paired_verdict(one, other, rules) if is_paired else independent(one, other, None, rules)


_NOTHING = Quantity("", "number", None)


def _sides(one: Quantity | None, other: Quantity | None) -> str:
    if one is None or other is None:
        return "it is in one of them"
    if one.text or other.text:
        return f"{one.text} and {other.text}"
    return (
        arrow(one.value, other.value).replace("→", "and") if one.kind not in ("histogram", "contour") else "its shape"
    )
