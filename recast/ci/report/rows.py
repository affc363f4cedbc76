"""The rows of a comparison as people read them: which come first, and each cell as text."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from recast.json_types import JsonObject, JsonValue, is_finite

__all__ = ["COLUMNS", "Shown", "all_rows", "by_importance", "cells", "number", "ratio_of"]

COLUMNS = ("quantity", "published", "reference", "this commit", "change", "of tolerance", "verdict")
_FIRST = ("moved", "gone", "undecided", "announced", "unstable", "within", "new", "same")


@dataclass(frozen=True, slots=True)
class Shown:
    """A row as text: the cells under `COLUMNS`, and why."""

    cells: tuple[str, ...]
    why: str


def all_rows(comparison: JsonObject | None) -> list[JsonObject]:
    """Return the quantities and histograms of a comparison."""
    return [] if comparison is None else [*(comparison.get("quantities") or ()), *(comparison.get("histograms") or ())]


def by_importance(rows: Iterable[JsonObject]) -> list[JsonObject]:
    """Return rows by verdict, those that block first; within a verdict the largest change of its tolerance first."""
    return sorted(rows, key=lambda row: (_rank(row), -_size(row)))


def cells(row: JsonObject) -> Shown:
    """Return a row of a comparison as text."""
    published = row.get("published") or {}
    before, after = row.get("before"), row.get("after")
    ratio = ratio_of(row)
    texts = (
        str(row.get("pointer", "")),
        number(published.get("value")),
        _side(before, row),
        _side(after, row),
        _change(row),
        "" if ratio is None else "∞" if math.isinf(ratio) else f"{ratio:.0%}",
        str(row.get("verdict", "")),
    )
    return Shown(texts, str(row.get("why") or ""))


def ratio_of(row: JsonObject) -> float | None:
    """Return the change over its tolerance, infinite where none is allowed; None without a change."""
    delta, tolerance, told = row.get("delta"), row.get("tolerance"), row.get("ratio")
    if is_finite(told):
        return float(told)
    if not is_finite(delta) or not is_finite(tolerance):
        return None
    if tolerance == 0:
        return math.inf if delta else 0.0
    return float(abs(delta) / tolerance)


def number(value: JsonValue, digits: int = 4) -> str:
    """Return a number in a few digits, empty for none."""
    if not is_finite(value):
        return ""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e9):
        return f"{int(value):,}"
    return f"{value:,.0f}" if 10_000 <= abs(value) < 1e9 else f"{value:.{digits}g}"


def _side(side: JsonObject | None, row: JsonObject) -> str:
    if side is None:
        return "-"
    if row.get("kind") == "histogram":
        bins = (row.get("bins") or {}).get("before" if side is row.get("before") else "after") or []
        known = [one["value"] for one in bins if is_finite(one.get("value"))]
        return f"{number(math.fsum(known))} in {len(bins)} bins"
    if side.get("value") is None:
        return str(side.get("text") or "none")
    error = number(side.get("error"), 2)
    return number(side["value"]) + (f" ± {error}" if error else "")


def _change(row: JsonObject) -> str:
    delta, before = row.get("delta"), (row.get("before") or {}).get("value")
    if not is_finite(delta):
        return ""
    if delta == 0:
        return "0"
    sign = "+" if delta > 0 else ""
    text = f"{sign}{number(delta, 3)}"
    if is_finite(before) and before and row.get("kind") not in ("cls", "contour"):
        share = 100.0 * delta / abs(before)
        text += f" ({share:+.2g} %)" if abs(share) < 10 else f" ({share:+,.0f} %)"
    return text


def _rank(row: JsonObject) -> int:
    verdict = row.get("verdict")
    return _FIRST.index(verdict) if verdict in _FIRST else 0


def _size(row: JsonObject) -> float:
    found = ratio_of(row)
    return -1.0 if found is None else found
