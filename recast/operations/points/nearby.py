"""What is already released near a point: those who need no new run learn it before they ask."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recast.desk.may import may
from recast.desk.model import Actor, Answer, Point, Request
from recast.desk.objects import Given
from recast.json_types import JsonDict, JsonObject, is_finite
from recast.scans.answers import sensitivity

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["nearest", "nearest_answers"]

_MOST_POINTS, _A_POINT = 100, 3
_MOST_REQUESTS, _MOST_KNOWN, _MOST_LETTERS = 200, 2000, 20_000


@dataclass(frozen=True, slots=True)
class Known:
    """A point with an answer that was released."""

    request: str
    point: str
    coordinates: JsonObject
    answer: Answer


def nearest_answers(ledger: Ledger, actor: Actor, analysis: str, points: Sequence[tuple[str, Point]]) -> list[JsonDict]:
    """Return the nearest released answers of an analysis to each of the first points, as far as the actor finds any.

    Anybody may ask, as often as they like: only the newest answers are looked at, and none of great length.
    """
    from recast.ledger import Wanted

    page = ledger.requests(Wanted(state="released", analysis=analysis), actor, limit=_MOST_REQUESTS)
    requests = {request.id: request for request in page.items}
    theirs = ledger.some_points(list(requests), _MOST_KNOWN, _MOST_LETTERS)
    known = [found for request, point in theirs for found in _released(requests[request], point, actor)]
    told = [(name, nearest(point.coordinates, known)) for name, point in points[:_MOST_POINTS]]
    return [{"point": name, "answers": found} for name, found in told if found]


def _released(request: Request, point: Point, actor: Actor) -> Iterator[Known]:
    for answer in point.answers:
        if answer.state == "released" and answer.results and may(actor, "read-results", Given(request, answer)).yes:
            yield Known(request.id, point.id, point.coordinates, answer)


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
    limits = [result for result in it.answer.results if result.get("type") == "limit"]
    best = min(limits, key=sensitivity, default=None)
    numbers = {key: best.get(key) for key in ("cls_obs", "cls_exp", "excluded", "verdict")} if best else {}
    about = {"request": it.request, "point": it.point, "answer": it.answer.id, "authority": it.answer.authority}
    where = {"coordinates": dict(it.coordinates), "distance": round(distance, 4), "version": it.answer.version}
    return {**about, **where, **numbers, "caveat": it.answer.caveat}
