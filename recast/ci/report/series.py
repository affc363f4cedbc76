"""What is drawn of a comparison: histograms and cutflows, before and after, the one with the largest change first."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from recast.ci.report.rows import all_rows, by_importance, ratio_of
from recast.json_types import JsonObject, JsonValue, is_finite

__all__ = ["Point", "Series", "series"]

MOST_SERIES = 6
_FEWEST_STEPS = 2
_MOST_BINS = 80
_MOST_NUMBERS = 15
_RANK = {"moved": 3, "gone": 3, "undecided": 2, "announced": 1}


@dataclass(frozen=True, slots=True)
class Point:
    """One bin: its name, value and error before and after, the published value, the number for the lower panel."""

    name: str
    before: float | None
    before_error: float | None
    after: float | None
    after_error: float | None
    published: float | None
    lower: float | None


@dataclass(frozen=True, slots=True)
class Series:
    """One picture. `edges` has a number more than there are points, or nothing where bins have names.

    The lower panel has pulls (change over error) for independent samples, and the change over its tolerance for paired
    ones, which have no error.
    """

    title: str
    unit: str
    points: tuple[Point, ...]
    edges: tuple[float, ...] = ()
    is_pull: bool = True
    rank: tuple[int, float] = (0, 0.0)


def series(comparison: JsonObject | None) -> list[Series]:
    """Return at most six series that have a change to show, the most important first."""
    rows = all_rows(comparison)
    found = [*_histograms(rows), *_steps(rows)] or list(_relative(rows))
    found.sort(key=lambda one: (-one.rank[0], -one.rank[1]))
    return found[:MOST_SERIES]


def _histograms(rows: Sequence[JsonObject]) -> Iterator[Series]:
    for row in rows:
        bins = row.get("bins") if row.get("kind") == "histogram" else None
        before, after = (bins.get("before") or [], bins.get("after") or []) if bins else ([], [])
        if not before or [_edges(one) for one in before] != [_edges(one) for one in after] or len(before) > _MOST_BINS:
            continue
        is_pull = row.get("mode") == "independent"
        pulls = row.get("pulls") or []
        pulls = pulls if len(pulls) == len(before) else [None] * len(before)
        allowed = _share(row)
        points = tuple(
            Point(
                str(old.get("name")), _value(old.get("value")), _value(old.get("error")), _value(new.get("value")),
                _value(new.get("error")), None, _value(pull) if is_pull else _of_tolerance(old, new, allowed),
            )
            for old, new, pull in zip(before, after, pulls, strict=True)
        )  # fmt: skip
        if row.get("verdict") == "same":
            continue
        yield Series(str(row["pointer"]), str(row.get("unit") or ""), points, _all_edges(before), is_pull, _rank([row]))


def _steps(rows: Sequence[JsonObject]) -> Iterator[Series]:
    """Yield a series for each cutflow: neighbours with the same parent, all of them expected events."""
    groups: dict[str, list[JsonObject]] = {}
    for row in rows:
        if row.get("kind") == "sum":
            groups.setdefault(str(row["pointer"]).rpartition("/")[0], []).append(row)
    for parent, ones in groups.items():
        if len(ones) < _FEWEST_STEPS or len(ones) > _MOST_BINS or all(row.get("verdict") == "same" for row in ones):
            continue
        is_pull = any(row.get("mode") == "independent" for row in ones)
        yield Series(
            parent, str(ones[0].get("unit") or ""), tuple(_step(row, is_pull) for row in ones), (), is_pull, _rank(ones)
        )


def _step(row: JsonObject, is_pull: bool) -> Point:
    before, after = row.get("before") or {}, row.get("after") or {}
    ratio, delta = ratio_of(row), row.get("delta") or 0.0
    signed = None if ratio is None or math.isinf(ratio) else math.copysign(ratio, delta)
    return Point(
        str(row["pointer"]).rpartition("/")[2], _value(before.get("value")), _value(before.get("error")),
        _value(after.get("value")), _value(after.get("error")), _value((row.get("published") or {}).get("value")),
        _value(row.get("pull")) if is_pull else signed,
    )  # fmt: skip


def _relative(rows: Sequence[JsonObject]) -> Iterator[Series]:
    """Yield one series of the numbers that changed, each as a multiple of its reference."""
    changed = [row for row in by_importance(rows) if row.get("delta") and row.get("verdict") != "same"]
    chosen = [row for row in changed if _value((row.get("before") or {}).get("value")) and row.get("after")]
    chosen = chosen[:_MOST_NUMBERS]
    if chosen:
        is_pull = any(row.get("mode") == "independent" for row in chosen)
        points = tuple(_scaled(_step(row, is_pull), str(row["pointer"])) for row in chosen)
        yield Series("What changed", "value / reference", points, (), is_pull, _rank(chosen))


def _scaled(point: Point, pointer: str) -> Point:
    def share(value: float | None) -> float | None:
        return None if value is None or not point.before else value / point.before

    return Point(
        "/".join(pointer.split("/")[-2:]),
        share(point.before),
        share(point.before_error),
        share(point.after),
        share(point.after_error),
        share(point.published),
        point.lower,
    )


def _rank(rows: Sequence[JsonObject]) -> tuple[int, float]:
    word = max(_RANK.get(str(row.get("verdict")), 0) for row in rows)
    return word, max((ratio_of(row) or 0.0 for row in rows), default=0.0)


def _share(row: JsonObject) -> float:
    """Return the tolerance of a histogram as a share of its contents."""
    bins = (row.get("bins") or {}).get("before") or []
    total = math.fsum(abs(_value(one.get("value")) or 0.0) for one in bins)
    return (_value(row.get("tolerance")) or 0.0) / total if total else 0.0


def _of_tolerance(old: JsonObject, new: JsonObject, share: float) -> float | None:
    before, after = _value(old.get("value")), _value(new.get("value"))
    if before is None or after is None or not before or not share:
        return None
    return (after - before) / (share * abs(before))


def _edges(one: JsonObject) -> tuple[JsonValue, ...]:
    return one.get("name"), one.get("low"), one.get("high")


def _all_edges(bins: Sequence[JsonObject]) -> tuple[float, ...]:
    """Return the edges of neighbouring bins; none if a bin has no finite edge, or there are gaps."""
    lows, highs = [_value(one.get("low")) for one in bins], [_value(one.get("high")) for one in bins]
    known = [*lows, highs[-1]]
    if any(edge is None for edge in known) or lows[1:] != highs[:-1]:
        return ()
    found = tuple(edge for edge in known if edge is not None)
    return found if all(a < b for a, b in pairwise(found)) else ()


def _value(value: JsonValue) -> float | None:
    return float(value) if is_finite(value) else None
