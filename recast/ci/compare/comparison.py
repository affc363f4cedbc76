"""What a comparison says: a row for each quantity, the word for the commit, one sentence."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from recast.ci.compare.judging.evidence import Detail
from recast.ci.compare.judging.words import percent, shown
from recast.ci.compare.quantity import Bin, Published, Quantity
from recast.json_types import JsonDict

__all__ = ["ChangedEvents", "Comparison", "Row", "by_size"]

SCHEMA = 1
_BLOCKING = {"moved": "moved", "gone": "moved", "undecided": "undecided"}
"""Word of a quantity -> word of a commit; all other words let it pass."""


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity in both commits, and the verdict. Changes are after minus before, in the quantity's unit.

    `visible` is the change that would be found; `needed` is the number of events that would decide, in the words of
    `sample`. `ratio` is the change over the tolerance: 1 is as much as is allowed.
    """

    pointer: str
    kind: str
    unit: str
    before: Quantity | None
    after: Quantity | None
    mode: str
    verdict: str
    why: str
    published: Published | None = None
    delta: float | None = None
    tolerance: float | None = None
    visible: float | None = None
    pull: float | None = None
    p: float | None = None
    p_holm: float | None = None
    needed: int | None = None
    detail: Detail = field(default_factory=Detail)

    @property
    def ratio(self) -> float | None:
        """The size of the change in units of the tolerance, infinite if nothing is allowed; None without numbers."""
        if self.detail.size is not None:
            return self.detail.size
        if self.delta is None or self.tolerance is None:
            return None
        if self.tolerance == 0.0:
            return 0.0 if self.delta == 0.0 else math.inf
        return abs(self.delta) / self.tolerance

    @property
    def visible_words(self) -> str:
        """The change that would be found, as a share of the reference where there is one; empty if none would."""
        if self.visible is None or not math.isfinite(self.visible):
            return ""
        bins = self.before.bins if self.before is not None else ()
        whole = math.fsum(one.value for one in bins) if bins else (self.before.value if self.before else None) or 0.0
        return percent(self.visible, whole).lstrip("+") or f"{shown(self.visible)} {self.unit}".strip()

    def as_json(self) -> JsonDict:
        """Return the row as `comparison.json` has it."""
        found: JsonDict = {
            "pointer": self.pointer,
            "kind": self.kind,
            "unit": self.unit,
            "published": None if self.published is None else self.published.as_json(),
            "before": None if self.before is None else self.before.side(),
            "after": None if self.after is None else self.after.side(),
            "mode": self.mode,
            "delta": _finite(self.delta),
            "pull": _finite(self.pull),
            "p": _finite(self.p),
            "p_holm": _finite(self.p_holm),
            "tolerance": _finite(self.tolerance),
            "ratio": _finite(self.ratio),
            "visible": _finite(self.visible),
            "events_to_decide": self.needed,
            "verdict": self.verdict,
            "why": self.why,
        }
        return found | self._histogram() if self.kind == "histogram" else found

    def _histogram(self) -> JsonDict:
        return {
            "bins": {"before": _bins(self.before), "after": _bins(self.after)},
            "merged": [list(group) for group in self.detail.merged],
            "pulls": [_finite(pull) for pull in self.detail.pulls],
            "chi2": _finite(self.detail.chi2),
            "ndf": self.detail.ndf,
            "ks": {"distance": _finite(self.detail.ks_distance), "p": _finite(self.detail.ks_p)},
        }


@dataclass(frozen=True, slots=True)
class ChangedEvents:
    """A step of a cutflow with another number of events than before, the same events having gone in.

    `first` is whether no step before it differs. Events may have changed side in both directions: the difference is the
    least number that did.
    """

    pointer: str
    region: str
    step: str
    before: int
    after: int
    first: bool

    @property
    def words(self) -> str:
        """Such as `41 of 1,612 events lost after met`."""
        change = self.after - self.before
        if change < 0:
            return f"{-change:,} of {self.before:,} events lost after {self.step}"
        return f"{change:,} events more than {self.before:,} after {self.step}"

    def as_json(self) -> JsonDict:
        """Return the step as `comparison.json` has it."""
        return {
            "pointer": self.pointer,
            "region": self.region,
            "step": self.step,
            "before": self.before,
            "after": self.after,
            "net": self.after - self.before,
            "first": self.first,
            "words": self.words,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All quantities of two commits. `mode` is `paired`, `independent`, or `none` without a reference."""

    rows: tuple[Row, ...]
    mode: str
    alpha: float
    changed: tuple[ChangedEvents, ...] = ()
    said: str = ""

    @property
    def word(self) -> str:
        """The word for the commit: `moved`, `undecided`, `passed`, or `nothing-to-do` if there is no quantity."""
        words = {_BLOCKING.get(row.verdict, "passed") for row in self.rows}
        return next((word for word in ("moved", "undecided", "passed") if word in words), "nothing-to-do")

    @property
    def counts(self) -> dict[str, int]:
        """How many quantities have each verdict."""
        return dict(Counter(row.verdict for row in self.rows))

    def sentence(self) -> str:
        """Return one sentence for the merge request: what moved, or how sure it is that nothing did."""
        return self.said

    def as_json(self) -> JsonDict:
        """Return the comparison as `comparison.json` has it."""
        return {
            "schema": SCHEMA,
            "mode": self.mode,
            "alpha": self.alpha,
            "word": self.word,
            "sentence": self.sentence(),
            "counts": self.counts,
            "quantities": [row.as_json() for row in self.rows if row.kind != "histogram"],
            "histograms": [row.as_json() for row in self.rows if row.kind == "histogram"],
            "changed_events": [one.as_json() for one in self.changed],
        }


def by_size(rows: Sequence[Row]) -> list[Row]:
    """Return rows with the largest change in units of its tolerance first."""
    return sorted(rows, key=lambda row: -(row.ratio if row.ratio is not None else -1.0))


def _bins(side: Quantity | None) -> list[JsonDict] | None:
    return None if side is None else [_bin(one) for one in side.bins]


def _bin(one: Bin) -> JsonDict:
    found: JsonDict = {"name": one.name, "value": _finite(one.value), "error": _finite(one.error), "raw": one.raw}
    return found | ({"low": one.low, "high": one.high} if one.low is not None else {})


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
