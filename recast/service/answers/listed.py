"""The answers of a request as a table: one row for each point, sorted, filtered, and in pages. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from recast.json_types import JsonDict, JsonValue, is_finite
from recast.service.answers.chosen import Chosen
from recast.service.answers.limits import BANDS, OBSERVED, median

__all__ = ["VERDICTS", "View", "row_of", "sorted_points", "with_words"]

VERDICTS = ("excluded", "allowed", "undecided", "none", "failed", "withheld", "waiting")
"""What is said of a point, in the order in which a table sorts it."""

_OF_ANSWERS = ("authority", "version", "digest", "at", "state", "caveat", "run")


@dataclass(frozen=True, slots=True)
class View:
    """What somebody wants to see: whose answers, on which axes, which rows in which order, and which page of them.

    `sort` is a column, with `-` before it for the other direction; empty for the order of the points.
    """

    authority: str = ""
    x: str = ""
    y: str = ""
    sort: str = ""
    verdict: str = ""
    q: str = ""
    start: int = 0
    limit: int = 50


def row_of(it: Chosen) -> JsonDict:
    """Return the row of a point."""
    answer = it.answer or {}
    return {
        "point": it.id,
        "coordinates": it.coordinates,
        "state": it.point.get("state"),
        "verdict": it.verdict,
        "answer": answer.get("id", ""),
        **{key if key != "state" else "answer_state": answer.get(key, "") for key in _OF_ANSWERS},
        "limit": it.limit,
        "limits": it.regions,
        "reason": it.reason,
    }


def with_words(points: Iterable[Chosen], view: View) -> list[Chosen]:
    """Return the points with the verdict and all words that are asked for, wherever they are in a row."""
    words = view.q.casefold().split()
    return [
        it
        for it in points
        if (not view.verdict or it.verdict == view.verdict) and all(word in _words_of(it) for word in words)
    ]


def _words_of(it: Chosen) -> str:
    own = (it.limit or {}).get("point", {})
    said = [it.id, it.reason, *(f"{name}={value}" for name, value in {**it.coordinates, **own}.items())]
    return " ".join(said).casefold()


def sorted_points(points: Sequence[Chosen], sort: str) -> list[Chosen]:
    """Return the points by a column, those without a value at the end whichever way they are sorted."""
    name, turned = sort.removeprefix("-"), sort.startswith("-")
    if not name or name == "point":
        return list(reversed(points)) if turned else list(points)
    keys = [(_value(it, name), it) for it in points]
    numbers = [(key, it) for key, it in keys if is_finite(key)]
    texts = [(str(key), it) for key, it in keys if not is_finite(key) and key not in (None, "")]
    without = [it for key, it in keys if key in (None, "")]
    told = [*sorted(numbers, key=lambda pair: pair[0]), *sorted(texts, key=lambda pair: pair[0])]
    return [it for _, it in (reversed(told) if turned else told)] + without


def _value(it: Chosen, name: str) -> JsonValue:
    limit: Mapping[str, JsonValue] = it.limit or {}
    if name in OBSERVED:
        return limit.get(name)
    if name in BANDS:
        return median(limit.get(name))
    if name == "verdict":
        return VERDICTS.index(it.verdict)
    return it.coordinates.get(name, limit.get("point", {}).get(name))
