"""What counts as a change: tolerances by the pattern of a quantity's pointer, and the level of significance."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import translate

from recast.ci.compare.quantity import Quantity
from recast.errors import UsageError

__all__ = ["Rules", "Tolerance", "matches"]

_USUAL_RELATIVE = 0.05
_USUAL_CLS = 0.01
_NONE = frozenset({"exclusion", "given", "word"})
"""Kinds of which each change matters unless a rule says otherwise."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far quantities may move whose pointer matches a pattern: a fraction of the reference's value, or a distance.

    If both are given, the larger counts. `*` matches any text, slashes too; the name of the run may be left out. Raises
    UsageError for a number that is none.
    """

    quantity: str
    relative: float | None = None
    absolute: float | None = None

    def __post_init__(self) -> None:
        for value in (self.relative, self.absolute):
            if value is not None and not 0.0 <= value < math.inf:
                raise UsageError("A tolerance is 0 or more", where=f"tolerance of {self.quantity}: {value}")

    def of(self, value: float) -> float:
        """Return the tolerance as a distance, for a reference of this value."""
        return max((self.relative or 0.0) * abs(value), self.absolute or 0.0)


@dataclass(frozen=True, slots=True)
class Rules:
    """Tolerances, of which the first that matches counts, and alpha, the level of significance of a whole comparison.

    Where none matches, a CLs may move by 0.01, given numbers (data, backgrounds) by nothing, all else by 5 %. Raises
    UsageError unless 0 < alpha < 1.
    """

    tolerances: tuple[Tolerance, ...] = ()
    alpha: float = 0.01

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0:
            raise UsageError("alpha lies between 0 and 1", where=f"alpha: {self.alpha}", next_step="alpha: 0.01")

    def of(self, quantity: Quantity) -> Tolerance:
        """Return the tolerance of a quantity."""
        found = next((one for one in self.tolerances if matches(one.quantity, quantity.pointer)), None)
        return found if found is not None else _usual(quantity.kind)


def matches(pattern: str, pointer: str) -> bool:
    """Return whether a pattern names a pointer, with or without the name of its run; a pointer names itself."""
    test, rest = _compiled(pattern), pointer.partition("/")[2]
    return pattern in (pointer, rest) or test(pointer) is not None or test(rest) is not None


def _usual(kind: str) -> Tolerance:
    if kind in _NONE:
        return Tolerance("*", absolute=0.0)
    return Tolerance("*", absolute=_USUAL_CLS) if kind == "cls" else Tolerance("*", relative=_USUAL_RELATIVE)


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Callable[[str], object]:
    return re.compile(translate(pattern)).fullmatch
