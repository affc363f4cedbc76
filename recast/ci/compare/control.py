"""What differs between two runs of the reference: it is unstable, whatever the candidate says."""

from __future__ import annotations

from collections.abc import Mapping

from recast.ci.compare.judging.evidence import Settled, Test
from recast.ci.compare.judging.independent import independent
from recast.ci.compare.judging.paired import paired
from recast.ci.compare.judging.words import arrow
from recast.ci.compare.missing import unlike
from recast.ci.compare.numerics import holm
from recast.ci.compare.quantity import Quantity
from recast.ci.compare.rules import Rules

__all__ = ["unstable"]


def unstable(
    reference: Mapping[str, Quantity], control: Mapping[str, Quantity], rules: Rules, *, is_paired: bool
) -> dict[str, str]:
    """Return the pointers of quantities that are unstable, and why.

    With the same random numbers (`is_paired`) each difference beyond the precision of numbers counts. With others only
    a difference that the Monte Carlo errors do not explain counts, at level alpha for all of them together.
    """
    if not control:
        return {}
    runs = {one.run for one in control.values()}
    found: dict[str, str] = {}
    tests: dict[str, Test] = {}
    for pointer in [*reference, *(pointer for pointer in control if pointer not in reference)]:
        one, other = reference.get(pointer), control.get(pointer)
        if (one or other or _NOTHING).run not in runs:
            continue
        judged: Settled | Test | None = unlike(one, other, "paired")
        if judged is None and one is not None and other is not None:
            judged = paired(one, other, rules) if is_paired else independent(one, other, None, rules)
        if isinstance(judged, Settled):
            # Without an error nothing tells scatter from instability: the verdict on the candidate says so.
            if judged.word not in ("same", "undecided") and (is_paired or judged.mode == "paired"):
                found[pointer] = f"two runs of the reference differ: {_sides(one, other)}"
        elif judged is not None:
            tests[pointer] = judged
    for (pointer, test), p in zip(tests.items(), holm([test.p for test in tests.values()]), strict=True):
        if p < rules.alpha:
            sides = _sides(reference.get(pointer), control.get(pointer))
            found[pointer] = (
                f"two runs of the reference differ by more than their errors explain: {sides}, {test.words}"
            )
    return found


_NOTHING = Quantity("", "number", None)


def _sides(one: Quantity | None, other: Quantity | None) -> str:
    if one is None or other is None:
        return "it is in one of them"
    if one.text or other.text:
        return f"{one.text} and {other.text}"
    return (
        arrow(one.value, other.value).replace("→", "and") if one.kind not in ("histogram", "contour") else "its shape"
    )
