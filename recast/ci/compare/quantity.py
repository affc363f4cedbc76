"""One quantity of a run: a number with its Monte Carlo error, or a histogram, a line or a word, and where it was."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeGuard

from recast.json_types import JsonDict

__all__ = [
    "COUNTED",
    "DEFINITE",
    "MOST_EVENTS",
    "WORDS",
    "Bin",
    "Line",
    "Published",
    "Quantity",
    "effective",
    "is_number",
]

COUNTED = frozenset({"count", "efficiency", "sum"})
"""Kinds that are counts of generated events, with weights or without."""

DEFINITE = frozenset({"given"})
"""Kinds that no random number is behind: data and backgrounds."""

WORDS = frozenset({"exclusion", "word"})
"""Kinds with a text in place of a number."""

LARGEST = 1e150
"""Largest number that is compared: its square is still a number."""

MOST_EVENTS = 10**15
"""Most events behind a number: an error that is still smaller is one of the arithmetic, and a count one of nobody."""

Line = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a histogram: its edges, or its name where it has none; its content, error and number of entries."""

    name: str
    value: float
    error: float | None = None
    raw: int | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """The published value of a quantity, its error where one is known, and where it was published."""

    pointer: str
    value: float
    error: float | None = None
    source: str = ""

    def as_json(self) -> JsonDict:
        """Return value and error, and the source."""
        return {"value": self.value, "error": self.error, "source": self.source}


@dataclass(frozen=True, slots=True)
class Quantity:
    """A quantity of one run. `pointer` is `RUN/RESULT/.../NAME`, the same in each commit.

    `kind` is one of `sum` (expected events), `count`, `efficiency`, `cls`, `limit`, `number`, `given` (data and
    backgrounds, with no random number behind them), `word`, `exclusion` (a word that follows from numbers),
    `histogram`, `contour`. `value` is None where a result has none, and NaN or infinite where it is not a number.
    `error` is the Monte Carlo error, None if it is not known; `error_from` says where it is from if not from the
    result. `raw` is the number of events behind the value, and
    `per_event` what one of them counts. `generated` is the size of the sample, in the words of `sample`. Histograms
    have `bins`, contours `lines`, words `text`. `source` is the place in the run's results: the index of the result
    and the path in it.
    """

    pointer: str
    kind: str
    value: float | None
    error: float | None = None
    raw: int | None = None
    unit: str = ""
    per_event: float | None = None
    generated: int | None = None
    sample: str = "events"
    text: str = ""
    error_from: str = ""
    bins: tuple[Bin, ...] = ()
    lines: tuple[Line, ...] = ()
    published: Published | None = None
    source: tuple[int, str] = (-1, "")

    @property
    def run(self) -> str:
        """The name of the validation run."""
        return self.pointer.partition("/")[0]

    @property
    def is_missing(self) -> bool:
        """Whether the result says that there is no value."""
        return self.value is None and not (self.text or self.bins or self.lines)

    @property
    def is_finite(self) -> bool:
        """Whether there is a number that can be calculated with, or no number is asked for."""
        if self.bins:
            return all(is_number(one.value) for one in self.bins)
        return self.value is None or is_number(self.value)

    @property
    def entries(self) -> float | None:
        """The effective number of events behind the value: how many of weight 1 have the same relative error.

        None for what is no count of events, and if neither an error nor a number of events is known.
        """
        if self.value is None or self.kind not in COUNTED:
            return None
        return effective(self.value, self.error, self.raw, is_share=self.kind == "efficiency")

    def side(self) -> JsonDict:
        """Return value, error and number of events as a JSON object; what is not finite is null, with a text."""
        found: JsonDict = {"value": _plain(self.value), "error": _plain(self.error), "raw": self.raw}
        if self.text:
            found["text"] = self.text
        elif self.value is not None and not math.isfinite(self.value):
            found["text"] = str(self.value)
        return found


def is_number(value: float | None) -> TypeGuard[float]:
    """Return whether a value is a number that can be calculated with: not NaN, not infinite, not beyond measure."""
    return value is not None and abs(value) <= LARGEST


def effective(value: float, error: float | None, raw: int | None, *, is_share: bool = False) -> float | None:
    """Return the effective number of events of a sum of weights with an error, None if nothing is known.

    The error of an efficiency (`is_share`) is binomial: its square is `value (1 - value) / sample`.
    """
    known = None if raw is None else float(min(raw, MOST_EVENTS))
    if is_number(error) and error > 0.0 and is_number(value):
        ratio = min(abs(value / error), LARGEST)
        # The error of an efficiency that is not small is less than that of a count.
        entries = min(ratio * ratio * (1.0 - value if is_share and value < 1.0 else 1.0), float(MOST_EVENTS))
        return entries if known is None else min(known, entries)
    if known is not None:
        return known
    return 0.0 if value == 0.0 else None


def _plain(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
