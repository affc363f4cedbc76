"""A request as the ledger keeps it: everything, as JSON, and back without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from recast.desk.model import POINT_STATES, Answer, Comment, Event, Listed, Point, Request
from recast.json_types import JsonDict, JsonObject

__all__ = ["as_brief", "as_record", "counts_of", "event_of", "event_record", "of_brief", "of_record", "point_of"]

_PLAIN = tuple(field.name for field in fields(Request))


def as_record(request: Request) -> JsonDict:
    """Return everything about a request as JSON values; `of_record` gives the request back."""
    return {
        **{name: _value(getattr(request, name)) for name in _PLAIN if name not in ("points", "comments")},
        "points": [_point_record(point) for point in request.points],
        "comments": [_slots(comment) for comment in request.comments],
    }


def of_record(record: JsonObject) -> Request:
    """Return the request that was written by `as_record`; fields that it does not have yet get their defaults."""
    return Request(**_fields(record))


def as_brief(request: Request) -> JsonDict:
    """Return what a list needs of a request; `of_brief` reads it. It is short, however much the request says."""
    brief = as_record(replace(request, points=(), comments=(), model="", reason=""))
    return {key: value for key, value in brief.items() if value} | {"counts": counts_of(request.points)}


def of_brief(record: JsonObject) -> Listed:
    """Return a request as lists have it."""
    return Listed(**_fields(record), counts=record["counts"])


def counts_of(points: Sequence[Point]) -> dict[str, int]:
    """Return how many points there are in each state, and in all."""
    states = [point.state for point in points]
    return {state: states.count(state) for state in POINT_STATES} | {"all": len(states)}


def _fields(record: JsonObject) -> dict[str, Any]:
    known: dict[str, Any] = {key: value for key, value in record.items() if key in _PLAIN}
    known |= {key: tuple(known[key]) for key in ("axes", "runs") if key in known}
    known |= {key: frozenset(known[key]) for key in ("subscribers", "readers") if key in known}
    known["points"] = tuple(point_of(found) for found in record.get("points", ()))
    known["comments"] = tuple(Comment(**found) for found in record.get("comments", ()))
    return known


def event_record(event: Event) -> JsonDict:
    """Return an event as JSON values."""
    return {**_slots(event), "data": dict(event.data)}


def event_of(record: JsonObject) -> Event:
    """Return the event that was written by `event_record`."""
    return Event(**record)


def _point_record(point: Point) -> JsonDict:
    answers = [{**_slots(answer), "results": list(answer.results)} for answer in point.answers]
    return {**_slots(point), "answers": answers}


def point_of(record: JsonObject) -> Point:
    """Return the point that `as_record` wrote."""
    answers = (Answer(**{**found, "results": tuple(found["results"])}) for found in record.get("answers", ()))
    return Point(**{**record, "answers": tuple(answers)})


def _slots(thing: Answer | Point | Comment | Event) -> JsonDict:
    return {field.name: getattr(thing, field.name) for field in fields(thing)}


def _value(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
