"""The released answers of an analysis, as far as somebody may read them: what was asked already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from recast.charts.spots import sensitivity
from recast.desk.may import may
from recast.desk.model import Actor, Answer, Point, Request
from recast.desk.objects import Given
from recast.json_types import JsonDict, JsonObject

if TYPE_CHECKING:
    from recast.ledger import Ledger

__all__ = ["Known", "released_points", "told_answer"]

_MOST_REQUESTS, _MOST_KNOWN, _MOST_LETTERS = 200, 2000, 20_000


@dataclass(frozen=True, slots=True)
class Known:
    """A point with an answer that was released."""

    request: str
    point: str
    coordinates: JsonObject
    answer: Answer


def released_points(ledger: Ledger, actor: Actor, analysis: str, most: int | None = None) -> list[Known]:
    """Return the points of an analysis with released answers that the actor may read, those of the newest requests
    first: of so many points at most, none of great length. Anybody may ask, as often as they like.
    """
    from recast.ledger import Wanted

    page = ledger.requests(Wanted(state="released", analysis=analysis), actor, limit=_MOST_REQUESTS)
    requests = {request.id: request for request in page.items}
    theirs = ledger.some_points(list(requests), most or _MOST_KNOWN, _MOST_LETTERS) if requests else []
    return [found for request, point in theirs for found in _released(requests[request], point, actor)]


def told_answer(it: Known) -> JsonDict:
    """Return what is told of a released answer: where it is, who stands behind it, and its most sensitive limit."""
    limits = [result for result in it.answer.results if result.get("type") == "limit"]
    best = min(limits, key=sensitivity, default=None)
    numbers = {key: best.get(key) for key in ("cls_obs", "cls_exp", "excluded", "verdict")} if best else {}
    about = {"request": it.request, "point": it.point, "answer": it.answer.id, "authority": it.answer.authority}
    where = {"coordinates": dict(it.coordinates), "version": it.answer.version}
    return {**about, **where, **numbers, "caveat": it.answer.caveat}


def _released(request: Request, point: Point, actor: Actor) -> Iterator[Known]:
    for answer in point.answers:
        if answer.state == "released" and answer.results and may(actor, "read-results", Given(request, answer)).yes:
            yield Known(request.id, point.id, point.coordinates, answer)
