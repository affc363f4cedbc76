"""The promises of the comparison, held against toys."""

from __future__ import annotations

import random
from dataclasses import dataclass

from recast.ci.compare.compare_all import compare
from recast.ci.compare.comparison import Row
from recast.ci.compare.quantity import Quantity
from recast.ci.compare.rules import Rules, Tolerance, matches
from recast.ci.compare.toys.families import TRUTH, thrown, value_of
from recast.json_types import JsonDict

__all__ = ["MOST_FALSE_ALARMS", "SelfTest", "selftest"]

MOST_FALSE_ALARMS = 0.015
"""Largest share of families without a change of which something is said to have moved."""
LEAST_FOUND = 0.95
"""Smallest share that is found of changes of twice the tolerance, where the comparison calls them visible."""
MOST_MISTAKEN = 0.01
"""Largest share of changes of just the tolerance that are said to be within."""

_RULES = Rules((Tolerance("toy/rare/*", relative=1.5), Tolerance("*", relative=0.05)), alpha=0.01)
_VALUES = {truth.pointer: value_of(truth) for truth in TRUTH}
_SIZES = (1.0, 1.0, 3.0)
"""Sizes of the candidate's sample: mostly that of the reference."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the toys gave: false alarms, changes found of those that were visible, changes that were let pass."""

    toys: int
    seed: int
    false_alarms: int
    visible: int
    found: int
    at_tolerance: int
    mistaken: int

    @property
    def false_alarm_rate(self) -> float:
        """Share of families without a change of which something is said to have moved."""
        return self.false_alarms / self.toys

    @property
    def found_rate(self) -> float:
        """Share of visible changes that were found; 1 if none was visible."""
        return self.found / self.visible if self.visible else 1.0

    @property
    def mistaken_rate(self) -> float:
        """Share of changes of just the tolerance that are said to be within."""
        return self.mistaken / self.at_tolerance if self.at_tolerance else 0.0

    @property
    def checks(self) -> tuple[tuple[str, float, str, float, bool], ...]:
        """Each promise: what, the rate, `at most` or `at least`, the bound, whether it is kept."""
        rates = (
            ("families with a false alarm", self.false_alarm_rate, "at most", MOST_FALSE_ALARMS),
            ("shifts of twice the tolerance found where visible", self.found_rate, "at least", LEAST_FOUND),
            ("shifts of the tolerance called within", self.mistaken_rate, "at most", MOST_MISTAKEN),
        )
        return tuple(
            (what, rate, word, bound, rate <= bound if word == "at most" else rate >= bound)
            for what, rate, word, bound in rates
        )

    @property
    def ok(self) -> bool:
        """Whether all promises are kept, and something was visible."""
        return self.visible > 0 and all(kept for *_, kept in self.checks)

    def as_json(self) -> JsonDict:
        """Return numbers, rates and bounds as a JSON object."""
        return {
            "toys": self.toys,
            "seed": self.seed,
            "quantities": len(TRUTH),
            "ok": self.ok,
            "false_alarms": self.false_alarms,
            "visible": self.visible,
            "found": self.found,
            "at_tolerance": self.at_tolerance,
            "mistaken": self.mistaken,
            "checks": [
                {"what": what, "rate": rate, "bound": f"{word} {bound:g}", "ok": kept}
                for what, rate, word, bound, kept in self.checks
            ],
        }


def selftest(toys: int, seed: int = 1) -> SelfTest:
    """Compare toys whose truth is known, as many families as `toys` of each sort, and count right and wrong verdicts.

    A family without a change should not move. One in which some quantities moved by twice the tolerance should say so
    of those where that is visible. One in which some moved by just the tolerance should not call them within. The same
    seed gives the same toys.
    """
    dice = random.Random(seed)  # noqa: S311  (toys, not secrets)
    false_alarms = visible = found = at_tolerance = mistaken = 0
    for _ in range(toys):
        size = dice.choice(_SIZES)
        reference = tuple(thrown(dice, {}))
        rows = _compared(reference, dice, {}, size)
        false_alarms += any(row.verdict == "moved" for row in rows)

        sign = dice.choice((-1.0, 1.0))
        shifted = {pointer: _moved(pointer, 2.0 * sign) for pointer in _some(dice)}
        for row in _compared(reference, dice, shifted, size):
            if row.pointer in shifted and _is_visible(row, shifted[row.pointer]):
                visible += 1
                found += row.verdict == "moved"

        edged = {pointer: _moved(pointer, sign) for pointer in _some(dice)}
        for row in _compared(reference, dice, edged, size):
            if row.pointer in edged:
                at_tolerance += 1
                mistaken += row.verdict == "within"
    return SelfTest(toys, seed, false_alarms, visible, found, at_tolerance, mistaken)


def _compared(reference: tuple[Quantity, ...], dice: random.Random, scales: dict[str, float], size: float) -> list[Row]:
    candidate = tuple(thrown(dice, scales, size))
    return list(compare(reference, candidate, paired=False, rules=_RULES).rows)


def _some(dice: random.Random) -> list[str]:
    return [truth.pointer for truth in dice.sample(TRUTH, 5)]


def _moved(pointer: str, tolerances: float) -> float:
    """Return the factor of a change by so many tolerances; it goes up where it would leave nothing."""
    change = tolerances * next(rule.of(1.0) for rule in _RULES.tolerances if matches(rule.quantity, pointer))
    return 1.0 + (change if change > -1.0 else -change)


def _is_visible(row: Row, factor: float) -> bool:
    """Return whether the comparison says that the true change is one that would be found."""
    return row.visible is not None and row.visible <= abs(factor - 1.0) * _VALUES[row.pointer]
