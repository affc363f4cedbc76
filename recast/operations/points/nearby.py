"""What is already released near a point: those who need no new run learn it before they ask."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from recast.desk.model import Actor, Point
from recast.json_types import JsonDict, JsonObject, is_finite
from recast.operations.points.released import Known, released_points, told_answer

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["nearest", "nearest_answers"]

_MOST_POINTS, _A_POINT = 100, 3


def nearest_answers(ledger: Ledger, actor: Actor, analysis: str, points: Sequence[tuple[str, Point]]) -> list[JsonDict]:
    """Return the nearest released answers of an analysis to each of the first points, as far as the actor finds any.

    Anybody may ask, as often as they like: only the newest answers are looked at, and none of great length.
    """
    known = released_points(ledger, actor, analysis)
    told = [(name, nearest(point.coordinates, known)) for name, point in points[:_MOST_POINTS]]
    return [{"point": name, "answers": found} for name, found in told if found]


def nearest(wanted: JsonObject, known: Sequence[Known]) -> list[JsonDict]:
    """Return the nearest of some known points, the nearest first: those that have all numbers of the wanted one, under
    the same names; `_gev` says nothing.

    The distance is that of relative differences, so that masses of different scale count alike.
    """
    numbers = _numbers(wanted)
    if not numbers:
        return []
    found = []
    for it in known:
        theirs = _numbers(it.coordinates)
        if numbers.keys() <= theirs.keys():
            found.append((math.hypot(*(_apart(value, theirs[name]) for name, value in numbers.items())), it))
    found.sort(key=lambda pair: pair[0])
    return [_told(distance, it) for distance, it in found[:_A_POINT]]


def _numbers(coordinates: Mapping[str, object]) -> dict[str, float]:
    return {name.removesuffix("_gev"): float(value) for name, value in coordinates.items() if is_finite(value)}


def _apart(one: float, other: float) -> float:
    scale = max(abs(one), abs(other))
    return abs(one / scale - other / scale) if scale else 0.0  # the difference itself may be beyond floats


def _told(distance: float, it: Known) -> JsonDict:
    return {**told_answer(it), "distance": round(distance, 4)}
